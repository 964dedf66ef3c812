/* SPDX-License-Identifier: MIT */
/* dlopen(3) of the library that the build found, by the name that it is installed under. */

#include "reports/live/microhttpd.h"

#include <dlfcn.h>

bool microhttpd_load(struct microhttpd *http, struct error *error)
{
    void *library = dlopen(MICROHTTPD_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    bool has_all = library != NULL;
#define FIND(name)                                                                                 \
    if (has_all) {                                                                                 \
        http->name = (__typeof__(MHD_##name) *)dlsym(library, "MHD_" #name);                       \
        has_all = http->name != NULL;                                                              \
    }
    MICROHTTPD_FUNCTIONS(FIND)
#undef FIND
    return has_all || error_set(error, ERROR_OUTPUT,
                                "--metrics: libmicrohttpd has to be installed: %s", dlerror());
}
