import Mustache

// Templates find the properties of view models by reflection, which is slow. A long table asks for thousands of them, so the views of its
// rows and cells answer by name.

extension TableView.Row: MustacheParent {
    func child(named name: String) -> Any? { name == "key" ? key : cells }
}

extension CellView: MustacheParent {
    func child(named name: String) -> Any? { name == "value" ? value : isNumber }
}

extension CellView.Value: MustacheParent {
    func child(named name: String) -> Any? {
        switch self {
        case .absent(let text): name == "absent" ? text : nil
        case .text(let text): name == "text" ? text : nil
        case .link(let link): name == "link" ? link : nil
        case .share(let share): name == "share" ? share : nil
        case .time(let time): name == "time" ? time : nil
        case .spark(let spark): name == "spark" ? spark : nil
        case .left(let left): name == "left" ? left : nil
        case .state(let state): name == "state" ? state : nil
        }
    }
}

extension LinkView: MustacheParent {
    func child(named name: String) -> Any? { name == "address" ? address : text }
}

extension TimeView: MustacheParent {
    func child(named name: String) -> Any? { name == "iso" ? iso : text }
}
