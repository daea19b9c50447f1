import TextFormats

extension Table {
    /// What happened to the limiters.
    static func annotations(_ annotations: [Annotation]) -> Table {
        Table(
            name: .annotations,
            columns: [
                Column("time", "Time (UTC)"), Column("kind", "What"), Column("host", "Host"), Column("text", "Details"),
            ],
            rows: annotations.map { annotation in
                [
                    .time(UTCTime(microseconds: annotation.time)), .text(annotation.title), .text(annotation.host),
                    .text(annotation.text),
                ]
            })
    }
}
