import Analytics

/// What became of the units of a policy that depends on how requests end.
struct PolicyUnits {
    let policy: String
    /// Units that were taken when requests were let through.
    let charged: Int64
    /// Units that were given back when requests had ended.
    let refunded: Int64
    /// Units that were taken when requests had ended.
    let corrected: Int64
}

extension Report {
    /// The units of each policy that depends on how requests end; none for one client or endpoint, by which they are not counted.
    func units() throws(Problem) -> [PolicyUnits] {
        guard filter.client == nil, filter.endpoint == nil else { return [] }
        let parameters = decisionsSource(range.period) + [PostgresParameter(filter.policy)]
        return try database.rows(.units, parameters).map { row throws(Problem) in
            PolicyUnits(
                policy: try row.name("policy"), charged: try row.count("charged"),
                refunded: try row.count("refunded"), corrected: try row.count("corrected"))
        }
    }
}
