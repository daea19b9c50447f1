#include "CFastCGI.h"
#include <string.h>

// libfcgi reads connections with OS_Read. A program's own function of this name takes precedence over the library's.
// The event loop has read the bytes already when it knows that they are a request, so libfcgi gets them from memory.

static _Thread_local const char *next;
static _Thread_local size_t left;

void fcgi_set_input(const void *bytes, size_t count) {
    next = bytes;
    left = count;
}

int OS_Read(int connection, char *buffer, size_t size);

int OS_Read(int connection, char *buffer, size_t size) {
    (void)connection;
    size_t count = size < left ? size : left;
    memcpy(buffer, next, count);
    next += count;
    left -= count;
    return (int)count;
}
