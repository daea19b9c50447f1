#include <fcgiapp.h>
#include <stddef.h>

/// Has libfcgi read these bytes, in place of a connection, on this thread; they must stay until it has parsed a request.
void fcgi_set_input(const void *bytes, size_t count);
