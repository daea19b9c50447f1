/* The contender without limits: libfcgi as its manual shows it, with a thread per connection.
 *
 *     cc -O2 bare_responder.c -o bare_responder -lfcgi -lpthread
 *     bare_responder SOCKET [THREADS]
 *
 * FCGX_Accept_r binds a thread to a kept connection for as long as that lives. THREADS (default 64) must not be below nginx's
 * `keepalive`: with fewer threads than connections, the other connections starve. */
#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static const char answer[] =
    "Status: 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "\r\n"
    "{\"query\":\"x\",\"results\":[],\"total\":0}\n";

static int listening;

static void *serve(void *unused) {
    FCGX_Request request;
    (void)unused;
    FCGX_InitRequest(&request, listening, 0);
    while (FCGX_Accept_r(&request) == 0) {
        FCGX_PutStr(answer, sizeof answer - 1, request.out);
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int count, char **arguments) {
    int threads = count > 2 ? atoi(arguments[2]) : 64;
    if (count < 2 || threads < 1) {
        fprintf(stderr, "usage: bare_responder SOCKET [THREADS]\n");
        return 64;
    }
    if (FCGX_Init() != 0 || (listening = FCGX_OpenSocket(arguments[1], 1024)) < 0) {
        fprintf(stderr, "bare_responder: cannot listen on %s\n", arguments[1]);
        return 1;
    }
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, NULL) != 0) {
            fprintf(stderr, "bare_responder: only %d of %d threads could be started\n", i, threads);
            return 1;
        }
    }
    serve(NULL);
    return 1;
}
