import ArgumentParser
import Startup

/// The options that say whom to tell about incidents.
struct AlertOptions: ParsableArguments {
    @Option(
        help: """
            Address that is sent a message when an incident begins and when it ends, signed with the key in \
            $FCGI_LIMITER_ALERT_SECRET. Default: no messages.
            """)
    var alertWebhook: WebhookAddress?

    @Option(help: "Percent of a minute's requests that are blocked in an incident, from 1 to 100.")
    var alertBlockRate: BoundedNumber<1, 100> = 50

    @Option(help: "Percent of an embedded store's room that is used in an incident, from 1 to 100.")
    var alertStoreUse: BoundedNumber<1, 100> = 90

    /// Where messages go; `nil` if nowhere.
    var webhook: Webhook? {
        alertWebhook.map {
            Webhook(address: $0.text, secret: ProcessEnvironment()["FCGI_LIMITER_ALERT_SECRET"] ?? "")
        }
    }

    var thresholds: AlertWatch.Thresholds {
        AlertWatch.Thresholds(blockRate: Int64(alertBlockRate.value), storeUse: Int64(alertStoreUse.value))
    }
}

/// The address of a webhook: an http or https URL.
struct WebhookAddress: OptionValue {
    let text: String

    init(option text: String) throws(InvalidValue) {
        let isURL = ["http://", "https://"].contains { text.hasPrefix($0) && text.count > $0.count }
        guard isURL, !text.unicodeScalars.contains(where: { $0.value <= 32 || $0.value == 127 }) else {
            throw InvalidValue(text, allowed: "an address such as https://alerts.example.net/limiter")
        }
        self.text = text
    }

    /// A text in place of the address, which may contain a secret.
    var defaultValueDescription: String { "a webhook" }
}
