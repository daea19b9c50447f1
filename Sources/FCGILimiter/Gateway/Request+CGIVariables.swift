public import FastCGI
public import Rules

/// The rules look at the variables of a request.
extension Request: CGIVariables {}
