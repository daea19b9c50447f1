import Testing

@Suite("The folders of each module")
struct FolderTests {
    @Test("no two folders use each other, directly or through others")
    func circles() throws {
        let files = try SourceFile.all()
        #expect(files.count > 200)
        for module in Set(files.map { $0.path[0] }) { #expect(Self.circles(in: [module], files) == []) }
    }

    @Test("a circle of folders is found at any depth, and named with the types that close it")
    func found() {
        func file(_ path: String, _ text: String) -> SourceFile { SourceFile(path: path, text) }
        let files = [
            file("M/Top/C.swift", "struct C {}"), file("M/Top/Low/A.swift", "public struct A { let b: B }"),
            file("M/Top/Next/B.swift", "enum B { case c(C) }"),
            file("M/Top/Last/D.swift", "final class D { let a: A }"),
        ]
        #expect(Self.circles(in: ["M"], files) == [])
        let closed = file("M/Top/Next/E.swift", "struct E { let d: D }")
        let link = file("M/Top/Low/F.swift", "extension A { var next: E? { nil } }")
        #expect(
            Self.circles(in: ["M"], files + [closed, link]) == [
                "M/Top/Last uses A of M/Top/Low", "M/Top/Low uses B of M/Top/Next", "M/Top/Next uses D of M/Top/Last",
            ])
        // A comment, a text and a type of the file's own are not uses.
        let harmless = file("M/Top/Next/E.swift", "/// See D.\nstruct E {\n    enum D {}\n    let d = \"D\"\n}")
        #expect(Self.circles(in: ["M"], files + [harmless, link]) == [])
    }

    /// The uses that are part of a circle among the folders in `folder`, at any depth.
    ///
    /// Files directly in a folder do not count: they define what its folders share, or put them together. A type that several
    /// folders declare does not count either, because a use does not tell which one is meant.
    private static func circles(in folder: [Substring], _ files: [SourceFile]) -> [String] {
        let inside = files.filter { $0.path.starts(with: folder) && $0.path.count > folder.count + 1 }
        let groups = Dictionary(grouping: inside) { $0.path[folder.count] }
        var owners: [Substring: Set<Substring>] = [:]
        for (name, files) in groups {
            for type in files.flatMap(\.types) { owners[type, default: []].insert(name) }
        }
        /// For each folder, the folders that it uses and a type that shows it.
        var uses: [Substring: [Substring: Substring]] = [:]
        for (name, files) in groups {
            for word in files.flatMap(\.foreignWords).sorted() {
                guard let owner = owners[word], owner.count == 1, let used = owner.first, used != name else { continue }
                uses[name, default: [:]][used] = uses[name]?[used] ?? word
            }
        }
        // What remains after folders are removed that use none of the others is a circle, or uses one.
        var left = Set(groups.keys)
        while let last = left.first(where: { left.isDisjoint(with: uses[$0, default: [:]].keys) }) { left.remove(last) }
        let path = folder.joined(separator: "/")
        let found = left.flatMap { name in
            uses[name, default: [:]].filter { left.contains($0.key) }.map { used, type in
                "\(path)/\(name) uses \(type) of \(path)/\(used)"
            }
        }
        return found.sorted() + groups.keys.sorted().flatMap { circles(in: folder + [$0], inside) }
    }
}
