import Foundation
import Servers
import Testing

@Suite("The embedded store on a machine that lacks what the store needs")
struct EmbeddedMachineTests {
    @Test("a folder that this user may not write to gives an error with a remedy")
    func permission() throws {
        let folder = try TemporaryFolder()
        // A copy, because another user may not enter the folder that it was built in.
        let bench = folder.path("store-bench")
        _ = try Program("cp", package: "coreutils").run([Program(built: "StoreBench").path, bench])
        let words = [bench, "fill", "--store", "embedded:\(folder.path("store"))"]
        let outcome: Program.Outcome
        if geteuid() == 0 {
            // Root may write everywhere.
            outcome = try Program("setpriv", package: "util-linux").run(
                ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] + words)
        } else {
            chmod(folder.path, 0o555)
            defer { chmod(folder.path, 0o755) }
            outcome = try Program("env", package: "coreutils").run(words)
        }
        #expect(outcome.status == 1)
        #expect(
            outcome.errors == """
                Error: embedded:\(folder.path("store")): Permission denied: give this user the folder, or name another folder

                """)
    }

    @Test(
        "a full disk gives an error with a remedy instead of a SIGBUS",
        arguments: [
            // Nothing fits; only the folder's small files fit; the store begins and grows to the end.
            "4k", "8k", "16k", "32k", "1m", "8m", "24m",
        ])
    func fullDisk(_ size: String) throws {
        let outcome = try run(
            "fill --store embedded:DISK/store --keys 1000000 --window-seconds 3600", onDiskOf: size)
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.hasSuffix(": No space left on device: free some space, or name another folder\n"),
            "\(outcome.errors)")
    }

    @Test("a disk that others fill does not break a batch that has begun")
    func diskFilledByOthers() throws {
        // It has room for some seconds ahead of it when the other begins to write.
        let outcome = try run(
            """
            hammer --store embedded:DISK/store --key a --limit 1000000000 --window-milliseconds 60000 --seconds 1 \
                --algorithm sliding_window | { head -n 1; dd if=/dev/zero of=DISK/other bs=64k 2>/dev/null; cat; }
            """, onDiskOf: "32m")
        #expect(outcome.output.count > 1_000)
        #expect(outcome.errors == "")
        #expect(outcome.status == 0)
    }

    /// Runs `store-bench` with arguments in which DISK means a disk of that size, which only this process sees.
    private func run(_ arguments: String, onDiskOf size: String) throws -> Program.Outcome {
        let folder = try TemporaryFolder()
        let bench = try Program(built: "StoreBench").path
        let script = """
            mount -t tmpfs -o size=\(size),mode=755 tmpfs \(folder.path) || exit 99
            \(bench) \(arguments.replacing("DISK", with: folder.path))
            """
        // A mount namespace of its own; users other than root also need a user namespace.
        let root = geteuid() == 0 ? [] : ["--map-root-user"]
        let outcome = try Program("unshare", package: "util-linux").run(root + ["--mount", "sh", "-c", script])
        return Program.Outcome(
            status: outcome.status, output: outcome.output,
            errors: outcome.errors.replacing(folder.path, with: "DISK"))
    }
}
