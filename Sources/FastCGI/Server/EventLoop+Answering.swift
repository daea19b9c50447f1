import Glibc

extension EventLoop {
    /// Has the requests of this tick answered.
    func answerBatch() {
        switch answerer {
        case .application(let application):
            let responses = application.respond(to: requests)
            precondition(responses.count == requests.count, "an application answers each request once")
            for (index, response) in responses.enumerated() {
                if let ticket = response.ticket {
                    requests[index].ticket = ticket
                    postponed.append((requesters[index], requests[index]))
                } else {
                    answer(requesters[index], response, wasPutOff: requests[index].ticket != nil)
                }
            }
        case .workers(let pool):
            for (connection, request) in zip(requesters, requests) { pool.put(request, from: connection.key) }
        }
        requests.removeAll(keepingCapacity: true)
        requesters.removeAll(keepingCapacity: true)
    }

    /// Has the application asked again about the requests that it has put off.
    func takePostponed() {
        requests += postponed.map(\.request)
        requesters += postponed.map(\.connection)
        postponed = []
    }

    /// Sends the answers that workers have made.
    func takeAnswers() {
        guard case .workers(let pool) = answerer else { return }
        for (key, response) in pool.takeAnswers() {
            if let connection = connections[key] { answer(connection, response, wasPutOff: true) }
        }
    }

    /// Sends an answer, in the tick of its request or, if the request `wasPutOff`, later.
    private func answer(_ connection: Connection, _ response: Response, wasPutOff: Bool) {
        guard case .answering(let exchange) = connection.state else { return }
        writer.begin(response, request: exchange.identifier)
        switch writer.send(to: connection.key.descriptor) {
        case .finished:
            finish(exchange, on: connection)
            // Whatever arrived meanwhile was ignored.
            if wasPutOff, case .idle = connection.state { poller.rewatch(connection.key, for: .reading) }
        case .failed:
            end(connection)
        case .blocked:
            enter(.sending(writer, exchange), connection, timeout: limits.answerTimeout(for: writer.unsentCount))
            poller.rewatch(connection.key, for: .writing)
            // The connection has this one now.
            writer = AnswerWriter()
        }
    }

    /// Sends more of an answer that the peer takes slowly.
    func send(_ writer: AnswerWriter, _ exchange: Exchange, to connection: Connection) {
        var writer = writer
        switch writer.send(to: connection.key.descriptor) {
        case .finished:
            finish(exchange, on: connection)
            // Whatever arrived meanwhile was not waited for.
            if connections[connection.key] != nil { poller.rewatch(connection.key, for: .reading) }
        case .failed:
            end(connection)
        case .blocked:
            connection.update(.sending(writer, exchange))
        }
    }

    /// Decides what becomes of a connection whose peer has its answer.
    private func finish(_ exchange: Exchange, on connection: Connection) {
        if isStopping, exchange.keepsConnection { return linger(connection) }
        switch (exchange.keepsConnection, exchange.body) {
        case (true, .ended), (true, .absent):
            if exchange.isLast { end(connection) } else { enter(.idle, connection, timeout: limits.idleTimeout) }
        case (false, .ended), (false, .absent): end(connection)
        case (true, .unfinished): drain(connection, exchange.drain)
        case (false, .unfinished), (_, .followed): linger(connection)
        }
    }
}
