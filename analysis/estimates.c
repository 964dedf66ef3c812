/* SPDX-License-Identifier: MIT */
/* The median over a ring of the latest values, and the chain of estimates of rules.md §3.6. */

#include "analysis/estimates.h"

#include <string.h>

void median_add(struct median *median, int64_t value)
{
    if (value > INT32_MAX)
        value = INT32_MAX;
    if (value < INT32_MIN)
        value = INT32_MIN;
    median->values[median->next] = (int32_t)value;
    median->next = (uint8_t)((median->next + 1) % MEDIAN_VALUES);
    if (median->count < MEDIAN_VALUES)
        median->count++;
}

int64_t median_of(const struct median *median, int64_t none)
{
    if (median->count == 0)
        return none;
    int32_t sorted[MEDIAN_VALUES];
    for (unsigned i = 0; i < median->count; i++) {
        unsigned at = i;
        for (; at > 0 && sorted[at - 1] > median->values[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = median->values[i];
    }
    return sorted[(median->count - 1) / 2];
}

const char *size_basis_word(enum size_basis basis)
{
    static const char *const words[] = {[SIZE_OF_URL] = "url",
                                        [SIZE_OF_FAMILY] = "prefix",
                                        [SIZE_OF_SERVER] = "server",
                                        [SIZE_BY_FORMULA] = "formula"};
    return words[basis];
}

uint64_t field_lines_octets(const struct head *head, enum field_token token)
{
    if (!head_has(head, token))
        return 0;
    uint64_t octets = 0;
    for (uint32_t i = 0; i < head->n_fields; i++)
        if (head->fields[i].token == token)
            octets += head->fields[i].name_len + strlen(": ") + head->fields[i].value_len +
                      strlen("\r\n");
    return octets;
}

static uint64_t size_by_formula(const struct facts *facts)
{
    static const enum field_token left_out[] = {
        FIELD_CONTENT_TYPE,   FIELD_CONTENT_ENCODING, FIELD_CONTENT_LANGUAGE,
        FIELD_CONTENT_LENGTH, FIELD_ACCEPT_RANGES,
    };
    const struct head *head = &facts->x->response.head;
    uint64_t octets = facts->x->response.header_bytes, out = 0;
    for (unsigned i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        out += field_lines_octets(head, left_out[i]);
    if (!slice_is_absent(facts->response.etag.text))
        out += field_lines_octets(head, FIELD_LAST_MODIFIED);
    return out < octets ? octets - out : 0;
}

struct size_estimate size_of_304(const struct median *url, const struct median *family,
                                 const struct median *server, const struct facts *facts)
{
    const struct median *const medians[] = {url, family, server};
    for (unsigned i = 0; i < sizeof medians / sizeof medians[0]; i++)
        if (medians[i] && medians[i]->count)
            return (struct size_estimate){(uint64_t)median_of(medians[i], 0), (enum size_basis)i};
    uint64_t octets = size_by_formula(facts);
    return (struct size_estimate){octets < SIZE_OF_304_LEAST ? SIZE_OF_304_LEAST : octets,
                                  SIZE_BY_FORMULA};
}
