/* SPDX-License-Identifier: MIT */
/* What can be told from how a message is written. */

#include <stddef.h>

#include "analysis/rules.h"

enum row { MALFORMED_VALIDATOR, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

static const char *const malformed_variants[] = {"etag",   "if-none-match", "star-list",
                                                 "echoed", "requoted",      NULL};

/* "*" beside other members: invalid whatever was issued (RFC 9110 §13.1.2). */
static bool has_star_beside(const struct tag_list *list)
{
    struct slice rest = list->text;
    struct entity_tag member;
    while (tag_list_next(&rest, &member))
        if (slice_equal(member.text, SLICE("*")))
            return list->members > 1;
    return false;
}

/* The member that is no entity tag. */
static struct slice malformed_member(const struct tag_list *list)
{
    struct slice rest = list->text;
    struct entity_tag member;
    while (tag_list_next(&rest, &member))
        if (!member.valid)
            return member.text;
    return list->text;
}

/* The client was given this tag in good form, and now spells it otherwise. */
static bool was_given_in_good_form(const struct evidence *e)
{
    const struct representation *r = e->refs.held.representation;
    return r && r->etag.valid &&
           tag_list_has_tolerant(&e->facts->request.if_none_match, &r->etag, NULL) &&
           tag_list_has_weak(&e->facts->request.if_none_match, &r->etag) != YES;
}

/* A20: who echoes what was issued is not to blame. What was issued may lie before the capture or be
 * lost, so the client is at fault only where the tag was seen to reach it in good form. */
static enum judgement judge_request(const struct evidence *e, struct verdict *v)
{
    const struct tag_list *list = &e->facts->request.if_none_match;
    accuse(v, CARD(MALFORMED_VALIDATOR), "If-None-Match: {} is no list of entity tags");
    say_text(v, list->text);
    v->variant = "if-none-match";
    v->party = "client-cache";
    v->section = "RFC 9110 §13.1.2, §8.8.3";
    if (has_star_beside(list)) {
        v->variant = "star-list";
        v->confidence = CONFIDENCE_CERTAIN;
        return FIRED;
    }
    if (e->mangled_echo) {
        v->message = "If-None-Match: {} echoes a tag that was issued like that";
        v->variant = "echoed";
        v->party = "origin";
        v->confidence = CONFIDENCE_CERTAIN;
        v->severity = SEVERITY_INFO;
        return FIRED;
    }
    v->words[0].text = malformed_member(list);
    if (!was_given_in_good_form(e)) {
        demote(v, "who made it was not seen");
        return FIRED;
    }
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    v->message = "If-None-Match: {} is not the tag that the client was given: {}";
    v->variant = "requoted";
    say_text(v, e->refs.held.representation->etag.text);
    v->reference = &e->refs.held;
    v->confidence = CONFIDENCE_CERTAIN;
    if (evidence_lost(e, e->refs.held.at.t_rsp0, e->facts->t_req0) || e->came_back)
        demote(v, "a lost response may have issued the tag like that");
    return FIRED;
}

static enum judgement judge_malformed(const struct evidence *e, struct verdict *v)
{
    const struct tag_list *list = &e->facts->request.if_none_match;
    const struct entity_tag *tag = &e->facts->response.etag;
    bool has_list = list->kind != TAG_LIST_ABSENT, has_tag = !slice_is_absent(tag->text);
    if (!has_list && !has_tag)
        return NOT_APPLICABLE;
    if (has_tag && !tag->valid && !entity_tag_parse(tag->text).valid) {
        accuse(v, CARD(MALFORMED_VALIDATOR), "ETag: {} is no entity tag");
        say_text(v, tag->text);
        v->variant = "etag";
        v->party = "origin";
        v->confidence = CONFIDENCE_CERTAIN;
        if (!e->facts->is_paired)
            demote(v, "its request was not seen");
        return FIRED;
    }
    return has_list && list->malformed ? judge_request(e, v) : PASSED;
}

static const struct rule rows[ROWS] = {
    [MALFORMED_VALIDATOR] =
        {
            .card =
                {
                    .id = "malformed-validator",
                    .group = "hygiene",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "sender",
                    .section = "RFC 9110 §8.8.3",
                    .formerly = "RFC 7232 §2.3",
                    .title = "an entity tag without its form",
                    .means =
                        "An entity tag is quoted, and W/ before it is written in upper case. What "
                        "has "
                        "another form is dropped by some (nginx drops unquoted tags when it "
                        "weakens "
                        "them) and compared in surprising ways by others: revalidation then fails.",
                    .remedy = "Write ETag: \"...\" or W/\"...\" with the quotes, and let clients "
                              "send back "
                              "what they were given, octet by octet.",
                    .variants = malformed_variants,
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_malformed,
        },
};

const struct rule_set rules_hygiene = {rows, ROWS};
