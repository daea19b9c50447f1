import Limiters
import Stores
import TextFormats

extension Table {
    /// The overrides in force, those that end first at the top.
    static func overrides(_ overrides: [Override]) -> Table {
        Table(
            name: .overrides,
            columns: [
                Column("client", "Client"), Column("effect", "Effect"), Column("since", "Since"),
                Column("until", "Until"), Column("author", "Who"), Column("reason", "Reason"),
                Column("remove", ""),
            ],
            rows: overrides.sorted { $0.until < $1.until }.map { override in
                let action = ConsoleAction(
                    .remove, client: override.client, policy: override.policy, reason: "no longer needed")
                return [
                    .client(override.client), .text(override.effectText), .time(UTCTime(microseconds: override.since)),
                    .time(UTCTime(microseconds: override.until)), .text(override.author), .text(override.reason),
                    .action(action, "Remove"),
                ]
            })
    }
}
