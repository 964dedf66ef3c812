/* SPDX-License-Identifier: MIT */
/* Any octets as Cache-Control: STRICT never allows more than GENEROUS.
 */

#include <assert.h>

#include "analysis/cache_control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cache_control cc, twice;
    cache_control_init(&cc);
    cache_control_add(&cc, slice_of(data, size));
    for (enum directive d = 0; d < DIRECTIVES; d++) {
        assert(!cache_control_has(&cc, d) || cache_control_says(&cc, d) == YES);
        if (d >= DIRECTIVES_WITH_SECONDS)
            continue;
        int64_t strict = cache_control_seconds(&cc, d, STRICT);
        int64_t generous = cache_control_seconds(&cc, d, GENEROUS);
        assert(strict >= NO_DELTA && generous <= DELTA_MOST);
        assert(generous == NO_DELTA || strict <= generous);
    }
    assert((cc.conflicting & ~cc.repeated) == 0 && cc.members <= size);
    twice = cc;
    cache_control_add(&twice, slice_of(data, size));
    assert(cache_control_equal(&cc, &twice)); /* saying it again changes nothing */
    return 0;
}
