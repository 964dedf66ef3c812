/* SPDX-License-Identifier: MIT */
/* The protocols that are read, in the order in which they are asked whether octets are theirs. */

#include <stddef.h>

#include "decode/protocol.h"

const struct protocol *const protocols[] = {
    &protocol_http1,
    NULL,
};
