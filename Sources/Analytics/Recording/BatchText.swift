import Limiters
import Platform

/// A batch as `limiter.write` takes it, JSON: it goes to the database and into the spool in this one form.
struct BatchText {
    /// How many clients a batch names at most by all their requests, and as many by their blocked ones.
    static let mostClients = 256

    let recorder: String
    let process: RecordedProcess
    let names: ClientNames

    /// The JSON of a batch.
    ///
    /// - Parameters:
    ///   - batch: the counts; an empty batch only says that the process lives.
    ///   - sequence: its number, one more than that of the batch before.
    ///   - state: how the process is.
    /// - Returns: the text.
    func bytes(_ batch: Batch, sequence: Int64, _ state: ProcessState) -> [UInt8] {
        var batch = batch
        batch.keepClients(Self.mostClients)
        var places: [Series: Int64] = [:]
        var series: [Series] = []
        func place(_ one: Series) -> Int64 {
            if let place = places[one] { return place }
            places[one] = Int64(series.count)
            series.append(one)
            return Int64(series.count - 1)
        }

        var json = JSONText()
        json.append("{\"recorder\":")
        json.append(string: recorder)
        json.append(",\"sequence\":")
        json.append(sequence)
        json.append(",\"taken\":")
        json.append(wallMicroseconds())
        json.append(",\"process\":")
        process.write(state, names, to: &json)
        json.append(",\"decisions\":")
        json.append(array: batch.decisions) { json, row in
            json.append("[")
            json.append(row.key.at)
            json.append(",")
            json.append(place(row.key.series))
            json.append(",")
            json.append(string: row.key.outcome.rawValue)
            for number in [row.value.requests, row.value.passed, row.value.limitSum, row.value.remainingSum] {
                json.append(",")
                json.append(number)
            }
            json.append(",")
            json.append(array: 0..<LatencyHistogram.bucketCount) { $0.append(row.value.latency[$1]) }
            json.append("]")
        }
        json.append(",\"clients\":")
        let named = batch.clients.map { ($0.place, names.name($0.client), $1) }
        let others = batch.others.map { ($0, Array(ClientNames.other.utf8), $1) }
        json.append(array: named + others) { json, row in
            json.append("[")
            json.append(row.0.at)
            json.append(",")
            json.append(string: row.1)
            json.append(",")
            json.append(place(row.0.series))
            for number in [row.2.allowed, row.2.blocked, row.2.failed] {
                json.append(",")
                json.append(number)
            }
            json.append("]")
        }
        json.append(",\"events\":")
        json.append(array: batch.blocked) { json, event in
            json.append("[")
            json.append(event.request.time)
            json.append(",")
            json.append(string: names.name(event.request.client))
            json.append(",")
            json.append(optional: names.address(event.request.address))
            json.append(",")
            json.append(place(event.series))
            json.append(",")
            json.append(event.request.retryAfter)
            json.append(",")
            json.append(optional: event.request.userAgent)
            json.append("]")
        }
        // Last, because only now all of them are known.
        json.append(",\"series\":")
        json.append(array: series) { json, one in
            json.append(array: [one.endpoint, one.policy, one.algorithm]) { $0.append(string: $1) }
        }
        json.append("}")
        return json.bytes
    }
}

extension JSONText {
    fileprivate mutating func append(optional text: [UInt8]?) {
        if let text { append(string: text) } else { append("null") }
    }
}
