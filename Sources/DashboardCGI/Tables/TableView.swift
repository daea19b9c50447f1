import FastCGI
import TextFormats

extension Table {
    /// The table for the template `table`.
    ///
    /// - Parameters:
    ///   - title: what stands above it.
    ///   - empty: what is said where there are no rows.
    ///   - filter: what its links keep.
    ///   - page: the page that it is on.
    /// - Returns: what the template shows.
    func view(_ title: String, empty: String, _ filter: Filter, on page: PageName) -> Templates.View {
        let shown = columns.indices.filter { index in
            // A column that says nothing, or the same as the page's title, is left out.
            !columns[index].isHidden && (rows.isEmpty || !rows.allSatisfy { $0[index].isSilent(on: page) })
        }
        return [
            "title": title, "name": name.rawValue, "empty": empty, "hasRows": !rows.isEmpty,
            "csv": filter.address(name.rawValue + ".csv"), "json": filter.address(name.rawValue + ".json"),
            "columns": shown.map { index in
                ["title": columns[index].title, "isNumber": rows.first?[index].isNumber ?? false] as Templates.View
            },
            "rows": rows.map { row in ["cells": shown.map { row[$0].view(filter, page) }] as Templates.View },
        ]
    }
}

extension Cell {
    fileprivate func isSilent(on page: PageName) -> Bool {
        switch self {
        case .absent: true
        case .client: page == .client
        default: false
        }
    }

    fileprivate var isNumber: Bool {
        switch self {
        case .count, .share, .number, .microseconds, .seconds, .bytes: true
        case .absent, .text, .client, .choice, .time, .spark, .left, .state: false
        }
    }

    fileprivate func view(_ filter: Filter, _ page: PageName) -> Templates.View {
        var view: Templates.View = ["isNumber": isNumber]
        switch self {
        case .absent: view["absent"] = true
        case .text(let text): view["text"] = text
        case .client(let client):
            view["link"] = ["to": filter.address("client", [("client", client)]), "text": ClientName(client).text]
        case .choice(let field, let text):
            view["link"] = ["to": filter.address(page.rawValue, [(field, text)]), "text": text]
        case .count(let number): view["text"] = Figure.count(number)
        case .share(let share):
            view["share"] = ["text": Figure.share(share), "width": Int((share * 100).rounded())] as Templates.View
        case .number(let number): view["text"] = Figure.number(number)
        case .microseconds(let time): view["text"] = Figure.microseconds(time)
        case .seconds(let time): view["text"] = Figure.seconds(time)
        case .time(let time):
            let moment = Moment(seconds: Int64(time.rounded(.down)))
            view["time"] = ["iso": Cell.iso(time), "text": moment.text("%b %e, %H:%M:%S")]
        case .bytes(let size): view["text"] = Figure.bytes(size)
        case .spark(let counts): view["spark"] = ["path": Spark.path(counts), "peak": Figure.count(counts.max() ?? 0)]
        case .left(let remaining, let limit):
            view["left"] =
                [
                    "remaining": remaining, "limit": limit,
                    "text": "\(Figure.count(remaining)) of \(Figure.count(limit))",
                ] as Templates.View
        case .state(let isWell, let text): view["state"] = ["isWell": isWell, "text": text] as Templates.View
        }
        return view
    }
}

/// A client's name as people read it.
struct ClientName {
    /// The identity with what `%` hides, such as `api_key=alice@example.org`; any text at all.
    let text: String

    /// The name of an identity as it is written.
    init(_ identity: String) {
        text = String(decoding: PercentEncoding.decoded(Array(identity.utf8)[...]), as: UTF8.self)
    }
}

/// A small chart: columns within 100 by 24.
enum Spark {
    /// The columns as an SVG path.
    static func path(_ counts: [Int64]) -> String {
        // More than 32 could not be told apart.
        let together = max(1, (counts.count + 31) / 32)
        let sums = stride(from: 0, to: counts.count, by: together).map { start in
            counts[start..<min(start + together, counts.count)].reduce(0, +)
        }
        return bars(sums.map { ($0, 0) }, peak: sums.max() ?? 0, width: 100, height: 24)
    }

    /// Columns of these heights, each above what is below it, as an SVG path within `width` by `height`.
    static func bars(_ columns: [(height: Int64, below: Int64)], peak: Int64, width: Double, height: Double) -> String {
        guard peak > 0, !columns.isEmpty else { return "" }
        let pitch = width / Double(columns.count)
        let thickness = point(pitch * 0.75)
        return columns.enumerated().filter { $0.element.height > 0 }.map { index, column in
            let size = max(Double(column.height) / Double(peak) * height, 0.8)
            let left = Double(index) * pitch + pitch * 0.125
            let bottom = height - Double(column.below) / Double(peak) * height
            return "M\(point(left)) \(point(bottom))v-\(point(size))h\(thickness)v\(point(size))z"
        }.joined()
    }

    private static func point(_ number: Double) -> String {
        let scaled = Int((number * 100).rounded())
        return scaled % 100 == 0 ? "\(scaled / 100)" : "\(Double(scaled) / 100)"
    }
}
