import Foundation
import Servers
import Testing

@Suite("docs/building.md")
struct BuildingTests {
    @Test("its steps install what the package does, and make uninstall removes what make install has installed")
    func steps() throws {
        let root = try TemporaryFolder()
        let guide = try Guide(
            "docs/building.md", in: root.path,
            values: ["s|\(root.path)/usr/|\(root.path)/usr/local/|": "s|/usr/|/usr/local/|"])
        for place in ["etc/default", "etc/nginx/conf.d", "etc/apache2/conf-available", "usr/local"] {
            try FileManager.default.createDirectory(atPath: root.path(place), withIntermediateDirectories: true)
        }
        let built = URL(fileURLWithPath: try Program(built: "fcgi-limiter").path).deletingLastPathComponent().path
        let shell = """
            cd \(Template.path("."))
            sudo() { "$@"; }
            systemctl() { :; }
            make() { [ "$1" = build ] || command make -s "$1" PREFIX=\(root.path("usr/local")) PROGRAMS=\(built) >/dev/null; }

            """
        func run(_ commands: String) throws {
            let outcome = try Program("bash", package: "bash").run(
                ["-ec", shell + commands], environment: ["MAKEFLAGS": ""])
            try #require(outcome.status == 0, "\(outcome.errors)")
        }
        func files(in folder: String) throws -> Set<String> {
            Set(
                try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
                    FileManager.default.contents(atPath: "\(folder)/\($0)") != nil
                })
        }
        try run(guide.steps.joined(separator: "\n"))

        let package = try TemporaryFolder()
        let outcome = try Program(at: Template.path("packaging/deb")).run(["--files", built, package.path])
        try #require(outcome.status == 0, "\(outcome.errors)")
        for folder in ["etc/nginx/conf.d", "etc/apache2", "etc/fcgi-limiter", "usr/lib/systemd/system"] {
            let own = root.path(folder.replacing("usr/lib/", with: "usr/local/lib/"))
            #expect(try files(in: package.path(folder)).subtracting(files(in: own)) == [])
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: package.path("etc/nginx/snippets/fcgi-limiter"))
        {
            #expect(root.text(of: "etc/nginx/snippets/fcgi-limiter/\(name)") != "")
        }
        let apache = root.text(of: "etc/apache2/conf-available/fcgi-limiter.conf")
        let program = try #require(apache.firstMatch(of: #/Define FCGI_LIMITER (.*)/#)?.output.1)
        #expect(program == "/usr/local/bin/fcgi-limiter")

        try run("make uninstall")
        #expect(try files(in: root.path("usr/local")) == [])
    }
}
