#include <fcgiapp.h>
#include <stddef.h>

/// Makes libfcgi read these bytes instead of a connection on this thread; they must stay valid until it has parsed a request.
void fcgi_set_input(const void *bytes, size_t count);
