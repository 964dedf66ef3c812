/* SPDX-License-Identifier: MIT */
/* Start lines are cut at their first space; fields at their colon. */

#include "tests/support/spoken.h"

#include <assert.h>

static void add_field(struct head *head, struct slice line)
{
    struct slice value = line;
    struct slice name = slice_cut(&value, ':');
    assert(!slice_is_absent(value));
    value = slice_trim(value);
    enum field_token token = field_token_of(name);
    head->fields[head->n_fields++] = (struct field){
        .name_at = (uint32_t)(name.at - head->bytes.at),
        .name_len = (uint16_t)name.len,
        .value_at = (uint32_t)(value.at - head->bytes.at),
        .value_len = (uint32_t)value.len,
        .token = (uint16_t)token,
    };
    head->present[token >> 6] |= UINT64_C(1) << (token & 63);
}

/* All lines of `bytes` from `rest` on, which lies in it. */
static struct head read_lines(struct slice bytes, struct slice rest, struct arena *arena)
{
    struct head head = {.bytes = bytes};
    size_t lines = 1;
    for (size_t i = 0; i < rest.len; i++)
        lines += rest.at[i] == '\n';
    head.fields = arena_zalloc(arena, lines * sizeof *head.fields);
    while (rest.len) {
        struct slice line = slice_cut(&rest, '\n');
        if (line.len)
            add_field(&head, line);
    }
    return head;
}

struct head head_spoken(const char *lines, struct arena *arena)
{
    struct slice bytes = arena_copy(arena, slice_of_text(lines));
    return read_lines(bytes, bytes, arena);
}

static struct message message_spoken(const char *text, struct slice *start, struct arena *arena)
{
    const struct mark at = {.time_ns = SPOKEN_NS, .ordinal = 1, .frame = 1};
    struct slice rest = arena_copy(arena, slice_of_text(text)), bytes = rest;
    *start = slice_cut(&rest, '\n');
    return (struct message){
        .seen = true,
        .head = read_lines(bytes, rest, arena),
        .version = HTTP_1_1,
        .first = at,
        .head_end = mark_instant(&at),
        .last = mark_instant(&at),
        .digest = {1, 1},
        .body_whole = true,
        .end_certain = true,
    };
}

static enum method method_spoken(struct slice word)
{
    static const char *const words[] = {"",       "GET",   "HEAD",    "POST",  "PUT",
                                        "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"};
    for (enum method m = METHOD_GET; m <= METHOD_CONNECT; m++)
        if (slice_equal(word, slice_of_text(words[m])))
            return m;
    return METHOD_OTHER;
}

struct exchange *exchange_spoken(const char *request, const char *response)
{
    struct exchange *x = exchange_new();
    struct slice start;
    uint64_t status = 0;

    x->connection.id = 1;
    x->connection.client = (struct address){4, {192, 0, 2, 1}};
    x->connection.server = (struct address){4, {198, 51, 100, 1}};
    x->connection.rtt_ns = -1;
    if (request) {
        x->request = message_spoken(request, &start, &x->arena);
        x->method = slice_cut(&start, ' ');
        x->target = start;
        x->method_token = method_spoken(x->method);
    }
    if (response) {
        x->response = message_spoken(response, &start, &x->arena);
        slice_to_u64(slice_cut(&start, ' '), &status, NULL);
        x->status = (uint16_t)status;
    }
    x->finished_ns = SPOKEN_NS;
    x->finished_ordinal = 1;
    return x;
}

struct facts facts_spoken(const char *request, const char *response)
{
    struct exchange *x = exchange_spoken(request, response);
    struct facts facts;
    facts_read(&facts, x, &x->arena, NULL);
    return facts;
}

void spoken_free(struct facts *facts)
{
    struct exchange *x = (struct exchange *)(uintptr_t)facts->x;
    exchange_free(x);
    facts->x = NULL;
}
