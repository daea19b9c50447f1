import CLinux
import Glibc

/// Plain CGI: a process per request, with the request in its environment and the answer on its standard output.
///
/// Source: RFC 3875.
public enum CGI {
    /// Whether a web server started this process for a single request.
    ///
    /// mod_fcgid and spawn-fcgi pass a listening socket on descriptor 0 instead.
    public static var isRequested: Bool {
        getenv("GATEWAY_INTERFACE") != nil && !Listener.isListening(0)
    }

    /// Has the application answer the request of this process, then closes standard output: the web server does not wait for
    /// what the process does afterwards.
    public static func answer(by application: any Application) {
        let head = Request(role: .responder, environment: process_environment())
        let request = Request(head, body: body(of: head))
        for response in application.respond(to: [request]) {
            write(response.head + Response.headEnd)
            if response.sendsBody { write(response.body) }
        }
        close(1)
    }

    /// Reads the body; `nil` if it is longer than 64 KiB.
    ///
    /// If the rest were left unread, Apache would fail to send it, and lose the answer.
    private static func body(of request: Request) -> [UInt8]? {
        var left = request.text(of: "CONTENT_LENGTH").flatMap { Int($0) } ?? 0
        let fits = left <= RecordScan.maximumHeadSize
        var body: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: RecordScan.maximumHeadSize)
        while left > 0 {
            let count = read(0, &buffer, min(left, buffer.count))
            guard count > 0 else { return nil }
            left -= count
            if fits { body += buffer[..<count] }
        }
        return fits ? body : nil
    }

    private static func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            // The web server has gone.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
