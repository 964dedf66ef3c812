/* SPDX-License-Identifier: MIT */
/* Fields that choose among answers (RFC 9110 §12.5, §10.1). */

#include "analysis/terms.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"

/* Begins of names that differ from request to request, or that intermediaries add. */
static const char *const passing[] = {"x-request",    "x-correlation", "x-trace",   "x-b3-",
                                      "x-span",       "x-forwarded",   "x-real-ip", "x-client-ip",
                                      "x-amzn-trace", "x-cloud-trace", "x-varnish", "x-datadog",
                                      "x-start",      "x-time"};

static bool is_own(struct slice name)
{
    if (!slice_starts_with_nocase(name, SLICE("x-")))
        return false;
    if (slice_equal_nocase(name, SLICE("x-requested-with")))
        return true;
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (slice_starts_with_nocase(name, slice_of_text(passing[i])))
            return false;
    return true;
}

static bool chooses(const struct head *head, const struct field *field)
{
    return field->token == FIELD_ACCEPT || field->token == FIELD_ACCEPT_LANGUAGE ||
           field->token == FIELD_ORIGIN || is_own(field_name(head, field));
}

/* A sum: the order of the lines means nothing. */
uint64_t terms_of(const struct head *request)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < request->n_fields; i++) {
        const struct field *field = &request->fields[i];
        if (chooses(request, field))
            sum += hash_mix((uint64_t)field->token << 8 | field->name_len,
                            hash64(field_value(request, field)));
    }
    return sum;
}
