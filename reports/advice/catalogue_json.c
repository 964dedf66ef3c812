/* SPDX-License-Identifier: MIT */
/* The catalogue of rules for programs: `wire304 rules --format json`. */

#include "base/attributes.h"
#include "decode/exchange.h"
#include "reports/formats/json_document.h"
#include "reports/reports.h"

static void write_word(struct json_stream *s, const char *name, const char *text)
{
    stream_object(s, NULL);
    stream_word(s, "name", name);
    stream_word(s, "text", text);
    stream_end(s);
}

static void write_guards(struct json_stream *s)
{
    static const struct {
        const char *word, *text;
    } guards[] = {
#define GUARD_ROW(name, word, text) {word, text},
#include "analysis/guards.def"
#undef GUARD_ROW
    };
    stream_array(s, "guards");
    for (unsigned i = 0; i < COUNT_OF(guards); i++)
        write_word(s, guards[i].word, guards[i].text);
    stream_end(s);
}

static void write_flaws(struct json_stream *s)
{
    stream_array(s, "flaws");
    for (unsigned bit = 0; flaw_word(bit); bit++)
        write_word(s, flaw_word(bit), flaw_text(bit));
    stream_end(s);
}

static void write_thresholds(struct json_stream *s)
{
    struct threshold_row row;
    stream_array(s, "thresholds");
    for (unsigned i = 0; threshold_row(i, &row); i++) {
        stream_object(s, NULL);
        stream_word(s, "name", row.name);
        stream_number(s, "value", row.value);
        stream_word(s, "unit", row.unit);
        stream_word(s, "text", row.text);
        stream_end(s);
    }
    stream_end(s);
}

void catalogue_json(FILE *to)
{
    struct json_stream s = json_stream_of(to, 2);
    stream_object(&s, NULL);
    stream_word(&s, "document", "wire304-rules");
    stream_number(&s, "version", 1);
    stream_array(&s, "rules");
    for (unsigned i = 0; rule_card(i); i++)
        json_write_rule(&s, NULL, rule_card(i));
    stream_end(&s);
    write_guards(&s);
    write_flaws(&s);
    write_thresholds(&s);
    stream_end(&s);
}
