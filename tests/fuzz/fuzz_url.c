/* SPDX-License-Identifier: MIT */
/* Any octets as Host, target and No-Vary-Search: keys are whole, and normal forms stay as they are.
 */

#include <assert.h>

#include "analysis/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, 4096);
    struct slice target = slice_of(data, size), host = slice_cut(&target, '\n');
    struct slice rule = target;
    target = slice_cut(&rule, '\n');
    struct url url = url_make(size & 1, host, target, METHOD_GET, &arena);
    assert(slice_is_absent(url.key) == (url.form == URL_UNKNOWN));
    assert(url_pattern(&url, &arena).len <= url.path.len);
    struct url_bare bare = url_without_busters(&url, &arena);
    assert(bare.key.len <= url.key.len);
    assert(url_no_vary_search(&url, rule, &arena).len <= url.key.len);
    assert(url_site(url.host).len <= url.host.len);
    bool odd = url.form == URL_ASTERISK || slice_find(url.key, '%') < url.key.len;
    for (const char *c = ":/?#@"; *c; c++)
        odd |= slice_find(url.authority, (uint8_t)*c) < url.authority.len;
    if (!odd && url.key.len)
        assert(slice_equal(url_make(size & 1, host, url.key, METHOD_GET, &arena).key, url.key));
    arena_fini(&arena);
    return 0;
}
