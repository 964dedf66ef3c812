/* SPDX-License-Identifier: MIT */
/* jansson refuses what is no UTF-8, which is right, and no answer: here it is made whole before. */

#include "reports/formats/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "reports/formats/escape.h"

json_t *json_text(struct slice text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    if (slice_is_absent(text))
        return json_null();
    char *copy = xmalloc(3 * text.len + 1);
    size_t at = 0;
    while (text.len) {
        uint32_t code;
        unsigned length = utf8_decode(text, &code);
        const void *from = length ? (const void *)text.at : replacement;
        size_t size = length ? length : sizeof replacement - 1;
        memcpy(copy + at, from, size);
        at += size;
        text = slice_from(text, length ? length : 1);
    }
    json_t *string = json_stringn_nocheck(copy, at);
    free(copy);
    return string;
}

char *json_finish(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(value);
    if (!text)
        abort();
    return text;
}
