import TextFormats

extension Table {
    /// What happened to the limiters, and what operators did.
    static func annotations(_ annotations: [Annotation]) -> Table {
        Table(
            name: .annotations,
            columns: [
                Column("time", "Time (UTC)"), Column("kind", "What"), Column("source", "Source"),
                Column("text", "Details"),
            ],
            rows: annotations.map { annotation in
                [
                    .time(UTCTime(microseconds: annotation.time)), .text(annotation.title), .text(annotation.source),
                    .text(annotation.text),
                ]
            })
    }
}
