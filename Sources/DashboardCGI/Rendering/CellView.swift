/// A cell of a table on a page.
struct CellView {
    /// The value by the markup that it needs, in a case that the template names.
    enum Value {
        case absent(String)
        case text(String)
        case link(LinkView)
        case share(Share)
        case time(TimeView)
        case spark(Spark)
        case left(Left)
        case state(State)
    }

    /// A share and its bar.
    struct Share {
        let text: String
        /// The bar's length in percent.
        let width: Int
    }

    /// A small chart.
    struct Spark {
        let path: String
        /// The largest count of a bar.
        let peak: String
    }

    /// Remaining units and their meter.
    struct Left {
        let remaining: Int64
        let limit: Int64
        let text: String
    }

    /// A state and its class in the style sheet.
    struct State {
        let kind: String
        let text: String
    }

    let isNumber: Bool
    let value: Value

    /// The view of a cell, whose links keep a filter and stay on a page.
    ///
    /// - Parameters:
    ///   - cell: the value.
    ///   - filter: the filter that links keep.
    ///   - page: the page that shows the cell.
    ///   - isNumber: whether its column has numbers.
    ///   - largest: the largest number of its column, which decides the unit and the decimals of all.
    init(_ cell: Cell, _ filter: Filter, _ page: PageName, isNumber: Bool, largest: Double) {
        self.isNumber = isNumber
        value =
            switch cell {
            case .absent: .absent("–")
            case .text(let text): .text(text)
            case .client(let client):
                .link(LinkView(address: filter.address("client", [("client", client)]), text: clientName(client)))
            case .choice(let field, let text):
                .link(LinkView(address: filter.address(page.rawValue, [(field, text)]), text: text))
            case .term(let field, let text):
                .link(LinkView(address: filter.address(adding: EventTerm(field, is: text)), text: text))
            case .count(let number): .text(Figure.count(number))
            case .share(let share):
                .share(Share(text: Figure.share(share), width: Int((min(max(0, share), 1) * 100).rounded())))
            case .number(let number): .text(Figure.decimal(number, places: largest < 100 ? 2 : largest < 1_000 ? 1 : 0))
            case .microseconds(let time): .text(Figure.microseconds(time, upTo: largest))
            case .seconds(let time): .text(Figure.seconds(time))
            case .time(let time): .time(TimeView(time))
            case .bytes(let size): .text(Figure.bytes(size))
            case .spark(let counts):
                .spark(
                    Spark(
                        path: BarPath.spark(counts, peak: Int64(exactly: largest) ?? .max),
                        peak: Figure.count(counts.max() ?? 0)))
            case .left(let remaining, let limit):
                .left(
                    Left(
                        remaining: remaining, limit: limit,
                        text: "\(Figure.count(remaining)) of \(Figure.count(limit))"))
            case .action(let action, let text):
                .link(LinkView(address: Filter.address("confirm", action.fields), text: text))
            case .state(let isGood, let text): .state(State(kind: isGood ? "up" : "down", text: text))
            }
    }
}

extension Cell {
    /// The number whose column has one scale, or one unit and equally many decimals; 0 for other cells.
    var magnitude: Double {
        switch self {
        case .number(let number), .microseconds(let number): number.isFinite ? number.magnitude : 0
        case .spark(let counts): Double(BarPath.together(counts).max() ?? 0)
        default: 0
        }
    }

    /// Whether pages align the value as a number.
    var isNumber: Bool {
        switch self {
        case .count, .share, .number, .microseconds, .seconds, .bytes: true
        case .absent, .text, .client, .choice, .term, .time, .spark, .left, .state, .action: false
        }
    }
}
