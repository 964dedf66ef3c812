/* SPDX-License-Identifier: MIT */
/* The list of RFC 9211 §2, its last member with its parameters: an Item of RFC 8941 §3.3, read
 * tolerantly. */

#include "analysis/cache_status.h"

#include "base/attributes.h"

static enum cache_status_forward forward_of(struct slice word)
{
    static const struct {
        struct slice word;
        enum cache_status_forward forward;
    } words[] = {
        {{(const uint8_t *)"bypass", 6}, FWD_BYPASS},
        {{(const uint8_t *)"method", 6}, FWD_METHOD},
        {{(const uint8_t *)"uri-miss", 8}, FWD_URI_MISS},
        {{(const uint8_t *)"vary-miss", 9}, FWD_VARY_MISS},
        {{(const uint8_t *)"miss", 4}, FWD_MISS},
        {{(const uint8_t *)"request", 7}, FWD_REQUEST},
        {{(const uint8_t *)"stale", 5}, FWD_STALE},
        {{(const uint8_t *)"partial", 7}, FWD_PARTIAL},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (slice_equal(word, words[i].word))
            return words[i].forward;
    return FWD_OTHER;
}

/* `name` without value is true; ?0 is false (RFC 8941 §3.1.2). */
static bool is_true(struct slice value)
{
    return slice_is_absent(value) || slice_equal(value, SLICE("?1"));
}

static void read_parameter(struct cache_status *status, struct slice parameter)
{
    struct slice value = parameter;
    struct slice name = slice_trim(slice_cut(&value, '='));
    uint64_t number;

    if (slice_equal(name, SLICE("hit")))
        status->hit = is_true(value);
    else if (slice_equal(name, SLICE("stored")))
        status->stored = is_true(value);
    else if (slice_equal(name, SLICE("collapsed")))
        status->collapsed = is_true(value);
    else if (slice_equal(name, SLICE("fwd")) && !slice_is_absent(value))
        status->forward = forward_of(slice_trim(value));
    else if (slice_equal(name, SLICE("fwd-status")) && slice_to_u64(value, &number, NULL))
        status->forward_status = number < 1000 ? (uint16_t)number : 0;
    else if (slice_equal(name, SLICE("ttl"))) {
        bool negative = value.len && value.at[0] == '-';
        if (slice_to_u64(slice_from(value, negative), &number, NULL))
            status->ttl = negative ? -(int64_t)number : (int64_t)number;
    }
}

/* The text up to the first `by` outside quotes, which is taken off *rest as slice_cut() does. */
static struct slice cut_unquoted(struct slice *rest, uint8_t by)
{
    bool quoted = false;
    for (size_t i = 0; i < rest->len; i++) {
        uint8_t c = rest->at[i];
        if (quoted && c == '\\') {
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == by && !quoted) {
            struct slice before = slice_first(*rest, i);
            *rest = slice_from(*rest, i + 1);
            return before;
        }
    }
    struct slice all = *rest;
    *rest = SLICE_ABSENT;
    return all;
}

struct cache_status cache_status_parse(struct slice value)
{
    struct cache_status status = {.ttl = INT64_MIN};
    struct slice last = SLICE_ABSENT;

    while (!slice_is_absent(value))
        last = cut_unquoted(&value, ',');
    struct slice cache_name = slice_trim(cut_unquoted(&last, ';'));
    if (cache_name.len == 0)
        return status;
    status.present = true;
    while (!slice_is_absent(last))
        read_parameter(&status, slice_trim(cut_unquoted(&last, ';')));
    return status;
}
