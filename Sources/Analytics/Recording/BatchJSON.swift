import Limiters
import Platform
import TextFormats

/// Writes batches as the JSON that `limiter.write` takes, in the spool, too.
struct BatchJSON {
    /// A batch names this many clients with the most requests, and as many with the most blocked ones, and as many values
    /// of each dimension.
    static let maximumHeavy = 256

    let recorder: String
    let process: RecordedProcess
    let names: ClientNames

    /// The JSON of a batch.
    ///
    /// - Parameters:
    ///   - batch: the counts; an empty batch only tells that the process is alive.
    ///   - sequence: its number, one more than that of the batch before.
    ///   - state: the state of the process.
    /// - Returns: a JSON object.
    func bytes(_ batch: Batch, sequence: Int64, _ state: ProcessState) -> [UInt8] {
        var batch = batch
        batch.keepHeavy(Self.maximumHeavy)
        var series = SeriesList()
        var json = JSONWriter(nul: .drop)
        json.appendObject { json in
            json.append("recorder", recorder)
            json.append("sequence", sequence)
            json.append("taken", wallMicroseconds())
            json.appendObject("process") { process.write(state, names, to: &$0) }
            json.appendArray("decisions", of: batch.decisions) { $0.append($1.key, $1.value, &series) }
            json.appendArray("clients", of: rows(of: batch)) { $0.append($1, &series) }
            json.appendArray("values", of: batch.values.joined()) { $0.append($1.key, $1.value, names, &series) }
            json.appendArray("units", of: batch.units) { $0.append($1.key, $1.value) }
            json.appendArray("events", of: batch.blocked) { $0.append($1.request, of: $1.series, names, &series) }
            json.appendArray("annotations", of: batch.annotations) { json, annotation in
                json.appendArray { json in
                    json.append(annotation.time)
                    json.append(annotation.kind.rawValue)
                    json.append(annotation.text)
                }
            }
            // Last, because all of them are known only now.
            json.appendArray("series", of: series.all) { json, one in
                json.appendArray(of: [one.endpoint, one.policy, one.algorithm]) { $0.append($1) }
            }
        }
        return json.bytes
    }

    private func rows(of batch: Batch) -> [ClientRow] {
        batch.clients.map { ClientRow(name: names.name($0.value), key: $0.series, count: $1) }
            + batch.others.map { ClientRow(name: Array(ClientNames.other.utf8), key: $0, count: $1) }
    }
}

/// The requests of one client, or of all others together.
private struct ClientRow {
    let name: [UInt8]
    let key: Batch.SeriesKey
    let count: ClientCount
}

/// The series that the rows of a batch name by their indices.
private struct SeriesList {
    private(set) var all: [Series] = []
    private var indices: [Series: Int] = [:]

    mutating func index(of series: Series) -> Int {
        if let index = indices[series] { return index }
        indices[series] = all.count
        all.append(series)
        return all.count - 1
    }
}

extension JSONWriter {
    fileprivate mutating func append(_ key: Batch.DecisionKey, _ count: DecisionCount, _ series: inout SeriesList) {
        appendArray { json in
            json.append(key.at)
            json.append(series.index(of: key.series))
            json.append(key.outcome.rawValue)
            json.append(count.requests)
            json.append(count.passed)
            json.append(count.limitSum)
            json.append(count.remainingSum)
            json.appendArray(of: 0..<LatencyHistogram.bucketCount) { $0.append(count.latency[$1]) }
            json.append(count.latency.sum)
            json.appendArray(of: count.use.indices) { $0.append(count.use[$1]) }
        }
    }

    fileprivate mutating func append(_ row: ClientRow, _ series: inout SeriesList) {
        appendArray { json in
            json.append(row.key.at)
            json.append(utf8: row.name[...])
            json.append(series.index(of: row.key.series))
            json.append(row.count)
        }
    }

    fileprivate mutating func append(
        _ key: Batch.HeavyKey<DimensionValue>, _ count: ClientCount, _ names: ClientNames, _ series: inout SeriesList
    ) {
        appendArray { json in
            json.append(key.series.at)
            json.append(key.value.dimension.rawValue)
            json.append(utf8: key.value.text(names)[...])
            json.append(series.index(of: key.series.series))
            json.append(count)
        }
    }

    fileprivate mutating func append(_ key: Batch.UnitKey, _ count: UnitCounts) {
        appendArray { json in
            json.append(key.at)
            json.append(key.policy)
            json.append(count.charged)
            json.append(count.refunded)
            json.append(count.corrected)
        }
    }

    /// Appends the numbers of a row.
    private mutating func append(_ count: ClientCount) {
        append(count.allowed)
        append(count.blocked)
        append(count.failed)
        append(count.peak)
    }

    fileprivate mutating func append(
        _ request: BlockedRequest, of requestSeries: Series, _ names: ClientNames, _ series: inout SeriesList
    ) {
        appendArray { json in
            json.append(request.time)
            json.append(utf8: names.name(request.client)[...])
            json.append(utf8: names.address(request.address)?[...])
            json.append(series.index(of: requestSeries))
            json.append(request.retryAfter)
            json.append(utf8: request.userAgent?[...])
            json.append(utf8: request.method?[...])
            json.append(utf8: request.host?[...])
            json.append(utf8: request.path[...])
            json.append(request.status)
            json.append(request.countedStatus)
        }
    }
}
