// libfcgi has no pkg-config file, so the module map names the library to link.
#include <fcgiapp.h>
