/* SPDX-License-Identifier: MIT */
/* What a 304 says about what is to follow it: whether it made the copy fresh, and whose tag it
 * brought. */

#include "analysis/after_304.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "analysis/store.h"
#include "base/attributes.h"
#include "tests/support/spoken.h"

#define NS       INT64_C(1000000000)
#define AT(s)    (SPOKEN_NS + (s)*NS)
#define GET      "GET /a\nHost: h\n"
#define ASK      GET "If-None-Match: \"a\"\n"
#define MINUTE   "Tue, 14 Nov 2023 22:14:20 GMT" /* a minute after SPOKEN_DATE */
#define HOUR     "Tue, 14 Nov 2023 23:13:20 GMT"
#define IN_HOUR  "Tue, 14 Nov 2023 23:15:20 GMT" /* later than HOUR */
#define AGED_200 "200\nDate: " SPOKEN_DATE "\nETag: \"a\"\nCache-Control: max-age=60\n"
#define DUE_200  "200\nDate: " SPOKEN_DATE "\nETag: \"a\"\nExpires: " MINUTE "\n"

static struct store *store;
static struct arena scratch;

static void forget_nothing(void *context, struct resource *resource)
{
    (void)context;
    (void)resource;
}

static void forget_no_tally(void *context, struct tally *tally)
{
    (void)context;
    (void)tally;
}

static void setup(void)
{
    store = store_new(&(struct store_hooks){NULL, forget_nothing, forget_no_tally}, 256);
    arena_init(&scratch, 4096);
}

static void teardown(void)
{
    store_free(store);
    arena_fini(&scratch);
}

TestSuite(after_304, .init = setup, .fini = teardown);

static struct facts at(const char *request, const char *response, int64_t s)
{
    struct facts f = facts_spoken(request, response);
    struct exchange *x = (struct exchange *)(uintptr_t)f.x;
    x->request.first.time_ns = x->request.last.time_ns = AT(s);
    x->response.first.time_ns = x->response.last.time_ns = AT(s);
    facts_read(&f, x, &x->arena, NULL);
    return f;
}

/* A 200 at 0, and a 304 at `s`; returns what the 304 left behind, in the store. */
static const struct after_304 *after(const char *full, const char *request, const char *answer,
                                     int64_t s)
{
    struct url url = url_make(false, SLICE("h"), SLICE("/a"), METHOD_GET, &scratch);
    struct resource *resource = store_resource(store, &url);
    struct facts f = at(GET, full, 0);
    struct request_key key = request_key_of(store, &f, &scratch);
    struct holding *old = store_holding(store, 1, resource, &f, &key, &scratch, NULL);
    struct representation *shown = store_show(store, resource, &f, &key, 1, YES, &scratch);
    struct holding *holding = store_hold(store, 1, resource, shown, old, &f, 1);
    spoken_free(&f);
    f = at(request, answer, s);
    holding_freshen(holding, &f);
    after_304_note(holding, &f, 2, true, 2);
    spoken_free(&f);
    return holding->after;
}

Test(after_304, whether_it_made_the_copy_fresh)
{
    static const struct {
        const char *title, *full, *answer;
        int64_t s;
        enum unfreshened unfreshened;
        int64_t nominal_s;
    } rows[] = {
        {"a Date of its own", AGED_200, "304\nDate: " HOUR "\nETag: \"a\"\n", 3600, UNFRESHENED_NOT,
         60},
        {"the Date of the 200", AGED_200, "304\nDate: " SPOKEN_DATE "\nETag: \"a\"\n", 3600,
         UNFRESHENED_FROZEN_DATE, 60},
        {"the Date of the 200, and the lifetime is not over yet", AGED_200,
         "304\nDate: " SPOKEN_DATE "\nETag: \"a\"\n", 61, UNFRESHENED_NOT, 60},
        {"by the guard it is", AGED_200, "304\nDate: " SPOKEN_DATE "\nETag: \"a\"\n", 62,
         UNFRESHENED_FROZEN_DATE, 60},
        {"the 304 has another lifetime", AGED_200,
         "304\nDate: " SPOKEN_DATE "\nETag: \"a\"\nCache-Control: max-age=7200\n", 3600,
         UNFRESHENED_NOT, 7200},
        {"no Date: nothing is known", AGED_200, "304\nETag: \"a\"\n", 3600, UNFRESHENED_NOT, 0},
        {"a cache's, which counts", AGED_200,
         "304\nDate: " SPOKEN_DATE "\nAge: 3600\nETag: \"a\"\n", 3600, UNFRESHENED_NOT, 0},
        {"must be asked anyway",
         "200\nDate: " SPOKEN_DATE "\nETag: \"a\"\nCache-Control: no-cache\n",
         "304\nDate: " SPOKEN_DATE "\nETag: \"a\"\n", 3600, UNFRESHENED_NOT, 0},
        {"Expires of its own", DUE_200, "304\nDate: " HOUR "\nETag: \"a\"\nExpires: " IN_HOUR "\n",
         3600, UNFRESHENED_NOT, 60},
        {"the Expires of the 200", DUE_200,
         "304\nDate: " HOUR "\nETag: \"a\"\nExpires: " MINUTE "\n", 3600,
         UNFRESHENED_FROZEN_EXPIRES, 60},
        {"no Expires", DUE_200, "304\nDate: " HOUR "\nETag: \"a\"\n", 3600, UNFRESHENED_NO_EXPIRES,
         60},
    };
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        const struct after_304 *a = after(rows[r].full, ASK, rows[r].answer, rows[r].s);
        cr_expect(eq(int, a->unfreshened, rows[r].unfreshened), "%s", rows[r].title);
        if (rows[r].nominal_s)
            cr_expect(eq(i64, a->nominal_s, rows[r].nominal_s), "%s", rows[r].title);
        teardown();
        setup();
    }
}

Test(after_304, whose_tag_it_brought)
{
    static const struct {
        const char *title, *request, *answer;
        bool foreign;
    } rows[] = {
        {"that of the copy", ASK, "304\nETag: \"a\"\n", false},
        {"one that nobody had", ASK, "304\nETag: \"z\"\n", true},
        {"the copy's, coded", ASK, "304\nETag: \"a-gzip\"\n", false},
        {"a weak one says little", ASK, "304\nETag: W/\"z\"\n", false},
        {"offered beside", GET "If-None-Match: \"a\", \"z\"\n", "304\nETag: \"z\"\n", false},
        {"to a star", GET "If-None-Match: *\n", "304\nETag: \"z\"\n", false},
        {"to a date", GET "If-Modified-Since: " SPOKEN_DATE "\n", "304\nETag: \"z\"\n", false},
        {"twice", ASK, "304\nETag: \"z\"\nETag: \"y\"\n", false},
    };
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        const struct after_304 *a = after(AGED_200, rows[r].request, rows[r].answer, 100);
        cr_expect(eq(int, a->foreign_tag != 0, rows[r].foreign), "%s", rows[r].title);
        cr_expect(eq(u64, a->foreign_exchange_id, rows[r].foreign ? 2 : 0), "%s", rows[r].title);
        teardown();
        setup();
    }
}

Test(after_304, the_foreign_tag_is_known_again_however_it_is_written)
{
    const struct after_304 *a = after(AGED_200, ASK, "304\nETag: \"z\"\n", 100);
    struct tag_list strong = tag_list_scan(SLICE("\"q\", \"z\"")),
                    weak = tag_list_scan(SLICE("W/\"z\"")), other = tag_list_scan(SLICE("\"a\"")),
                    star = tag_list_scan(SLICE("*"));
    cr_expect(after_304_offers_foreign(a, &strong));
    cr_expect(after_304_offers_foreign(a, &weak));
    cr_expect(not(after_304_offers_foreign(a, &other)));
    cr_expect(not(after_304_offers_foreign(a, &star)));
    struct after_304 none = {0};
    cr_expect(not(after_304_offers_foreign(&none, &strong)));
}

Test(after_304, what_follows_on_its_heels)
{
    static const struct {
        uint64_t connection;
        uint32_t index;
        int64_t s;
        bool follows;
    } rows[] = {
        {2, 0, 100, true},  {2, 0, 105, true}, /* elsewhere, within seconds */
        {2, 0, 106, false}, {1, 4, 150, true}, /* the next one of that connection, before long */
        {1, 4, 160, true},  {1, 4, 161, false}, {1, 5, 150, false}, /* not the next one */
        {2, 0, 99, false},                                          /* sent before */
    };
    struct after_304 a = {.confirmed = true, .t_rsp1 = AT(100), .connection = 1, .index = 3};
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        struct facts f = at(GET, AGED_200, rows[r].s);
        struct exchange *x = (struct exchange *)(uintptr_t)f.x;
        x->connection.id = rows[r].connection;
        x->index = rows[r].index;
        cr_expect(eq(int, after_304_is_followed(&a, &f), rows[r].follows), "row %zu", r);
        a.confirmed = false;
        cr_expect(not(after_304_is_followed(&a, &f)), "row %zu", r);
        a.confirmed = true;
        spoken_free(&f);
    }
}
