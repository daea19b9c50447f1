/// Finds rules that a client can evade by appending to the path of a PHP script, or by putting `/index.php` before a path.
enum ScriptPaths {
    /// The warnings about all rules; `fields` has the field of each.
    static func warnings(
        _ normalization: PathNormalization, _ rules: [RuleDefinition], fields: [Field]
    ) -> [RulesWarning] {
        var warnings: [RulesWarning] = []
        var namesScripts = false
        var firstPath: (field: Field, pattern: PathPattern)?
        for (rule, field) in zip(rules, fields) {
            for case .path(_, let expression) in rule.conditions where expression.contains("php") {
                namesScripts = true
                guard expression.hasSuffix("php$") else { continue }
                warnings.append(
                    field.warning(
                        "does not match what may follow a script's name, as in /x.php/y; write (/|$) in place of $"))
            }
            for pattern in rule.patterns where pattern != .everything {
                if pattern.isScript { namesScripts = true } else { firstPath = firstPath ?? (field, pattern) }
            }
        }
        if namesScripts, !normalization.contains(.ignoresIndexPHP), let (field, pattern) = firstPath {
            warnings.append(
                field.warning(
                    """
                    does not match /index.php\(pattern), which many PHP applications serve as \(pattern); \
                    write ignore_in_paths: index.php
                    """))
        }
        return warnings
    }
}
