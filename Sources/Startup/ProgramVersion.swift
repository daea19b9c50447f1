/// The version of both programs, which `--version`, `/health` and `/metrics` show.
public let programVersion = "0.1.0"
