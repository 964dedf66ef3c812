/* SPDX-License-Identifier: MIT */
/*
 * The sentences on which the rules rest, quoted from RFC 9110, 9111, 9112 and 8246 word by word, so
 * that who is accused can read in what words the duty was given.
 */

#include "reports/advice/norms.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"

static const struct norm_sentence fields_of_304 = {
    "The server generating a 304 response MUST generate any of the following header fields that "
    "would have been sent in a 200 (OK) response to the same request: Content-Location, Date, "
    "ETag, and Vary; Cache-Control and Expires",
    "RFC 9110 §15.4.5"};
static const struct norm_sentence use_of_fresh = {
    "When a response is fresh, it can be used to satisfy subsequent requests without contacting "
    "the origin server, thereby improving efficiency.",
    "RFC 9111 §4.2"};

static const struct {
    const char *rule;
    const struct norm_sentence *shared; /* NULL: the sentence beside it */
    struct norm_sentence sentence;
} norms[] = {
    {"304-missing-etag", &fields_of_304, {NULL, NULL}},
    {"304-missing-cache-control", &fields_of_304, {NULL, NULL}},
    {"304-missing-vary", &fields_of_304, {NULL, NULL}},
    {"304-missing-expires", &fields_of_304, {NULL, NULL}},
    {"304-missing-content-location", &fields_of_304, {NULL, NULL}},
    {"304-missing-date",
     NULL,
     {"An origin server with a clock [...] MUST generate a Date header field in all 2xx "
      "(Successful), 3xx (Redirection), and 4xx (Client Error) responses",
      "RFC 9110 §6.6.1"}},
    {"304-has-body",
     NULL,
     {"A 304 response is terminated by the end of the header section; it cannot contain content "
      "or trailers.",
      "RFC 9110 §15.4.5"}},
    {"304-unsolicited",
     NULL,
     {"The 304 (Not Modified) status code indicates that a conditional GET or HEAD request has "
      "been received and would have resulted in a 200 (OK) response if it were not for the fact "
      "that the condition evaluated to false.",
      "RFC 9110 §15.4.5"}},
    {"304-wrong-method",
     NULL,
     {"the origin server MUST respond with either a) the 304 (Not Modified) status code if the "
      "request method is GET or HEAD or b) the 412 (Precondition Failed) status code for all "
      "other request methods.",
      "RFC 9110 §13.1.2"}},
    {"304-etag-not-in-inm",
     NULL,
     {"If the field value is a list of entity tags, the condition is false if one of the listed "
      "tags matches the entity tag of the selected representation.",
      "RFC 9110 §13.1.2"}},
    {"304-despite-change",
     NULL,
     {"If the field value is a list of entity tags, the condition is false if one of the listed "
      "tags matches the entity tag of the selected representation. [...] Otherwise, the condition "
      "is true.",
      "RFC 9110 §13.1.2"}},
    {"304-content-length-mismatch",
     NULL,
     {"a server MUST NOT send Content-Length in such a response unless its field value equals the "
      "decimal number of octets that would have been sent in the content of a 200 (OK) response "
      "to the same request.",
      "RFC 9110 §8.6"}},
    {"304-superfluous-metadata",
     NULL,
     {"a sender SHOULD NOT generate representation metadata other than the above listed fields "
      "unless said metadata exists for the purpose of guiding cache updates",
      "RFC 9110 §15.4.5"}},
    {"304-policy-differs", &fields_of_304, {NULL, NULL}},
    {"304-etag-strength-flip", &fields_of_304, {NULL, NULL}},
    {"304-masks-non-2xx",
     NULL,
     {"A server MUST ignore all received preconditions if its response to the same request "
      "without those conditions, prior to processing the request content, would have been a "
      "status code other than a 2xx (Successful) or 412 (Precondition Failed).",
      "RFC 9110 §13.2.1"}},
    {"304-hop-field-forbidden",
     NULL,
     {"A server MUST NOT send a response containing Transfer-Encoding unless the corresponding "
      "request indicates HTTP/1.1 (or later minor revisions).",
      "RFC 9112 §6.1"}},
    {"206-missing-metadata",
     NULL,
     {"A server that generates a 206 response MUST generate the following header fields",
      "RFC 9110 §15.3.7"}},
    {"inm-match-got-200",
     NULL,
     {"the origin server MUST respond with either a) the 304 (Not Modified) status code if the "
      "request method is GET or HEAD or b) the 412 (Precondition Failed) status code for all "
      "other request methods.",
      "RFC 9110 §13.1.2"}},
    {"ims-unmodified-got-200",
     NULL,
     {"the origin server SHOULD generate a 304 (Not Modified) response, including only those "
      "metadata that are useful for identifying or updating a previously cached response.",
      "RFC 9110 §13.1.3"}},
    {"ims-honoured-over-inm",
     NULL,
     {"A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match header "
      "field",
      "RFC 9110 §13.1.3"}},
    {"412-instead-of-304",
     NULL,
     {"When If-None-Match is present, evaluate the If-None-Match precondition: [...] if false for "
      "GET/HEAD, respond 304 (Not Modified)",
      "RFC 9110 §13.2.2"}},
    {"206-despite-inm-match",
     NULL,
     {"the Range header field is evaluated after evaluating the precondition header fields "
      "defined in Section 13.1, and only if the result in absence of the Range header field would "
      "be a 200 (OK) response.",
      "RFC 9110 §14.2"}},
    {"if-range-weak-validator",
     NULL,
     {"A client MUST NOT generate an If-Range header field containing an entity tag that is "
      "marked as weak.",
      "RFC 9110 §13.1.5"}},
    {"if-range-without-range",
     NULL,
     {"A client MUST NOT generate an If-Range header field in a request that does not contain a "
      "Range header field.",
      "RFC 9110 §13.1.5"}},
    {"if-range-mismatch-got-206",
     NULL,
     {"A recipient of an If-Range header field MUST ignore the Range header field if the If-Range "
      "condition evaluates to false.",
      "RFC 9110 §13.1.5"}},
    {"if-range-match-got-200",
     NULL,
     {"Otherwise, the recipient SHOULD process the Range header field as requested.",
      "RFC 9110 §13.1.5"}},
    {"precondition-outcome-mismatch",
     NULL,
     {"A recipient cache or origin server MUST evaluate the request preconditions defined by this "
      "specification in the following order",
      "RFC 9110 §13.2.2"}},
    {"client-omits-etag",
     NULL,
     {"MUST send the relevant entity tags (using If-Match, If-None-Match, or If-Range) if the "
      "entity tags were provided in the stored response(s) being validated.",
      "RFC 9111 §4.3.1"}},
    {"client-omits-ims",
     NULL,
     {"SHOULD send the Last-Modified value (using If-Modified-Since) if the request is not for a "
      "subrange, a single stored response is being validated, and that response contains a "
      "Last-Modified value.",
      "RFC 9111 §4.3.1"}},
    {"malformed-validator",
     NULL,
     {"entity-tag = [ weak ] opaque-tag   weak = %s\"W/\"   opaque-tag = DQUOTE *etagc DQUOTE",
      "RFC 9110 §8.8.3"}},
    {"strong-etag-collision",
     NULL,
     {"the origin server MUST mark the entity tag as weak by prefixing its opaque value with "
      "\"W/\" (case-sensitive).",
      "RFC 9110 §8.8.3"}},
    {"last-modified-in-future",
     NULL,
     {"An origin server with a clock [...] MUST NOT generate a Last-Modified date that is later "
      "than the server's time of message origination",
      "RFC 9110 §8.8.2.1"}},
    {"conditional-head",
     NULL,
     {"there is no point in sending a conditional HEAD", "RFC 9110 §13.2.1"}},
    {"proxy-drops-preconditions",
     NULL,
     {"MUST NOT evaluate the conditional request header fields defined by this specification, and "
      "it MUST forward them if the request is forwarded",
      "RFC 9110 §13.2.1"}},
    {"proxy-304-expanded",
     NULL,
     {"If the conditional request originated with an outbound client, such as a user agent with "
      "its own cache sending a conditional GET to a shared proxy, then the proxy SHOULD forward "
      "the 304 response to that client.",
      "RFC 9110 §15.4.5"}},
    {"proxy-304-union-leak",
     NULL,
     {"and has an ETag field value with an entity tag that is not in the client's list, the cache "
      "MUST generate a 200 (OK) response",
      "RFC 9111 §4.3.2"}},
    {"304-update-ignored",
     NULL,
     {"For each stored response identified, the cache MUST update its header fields with the "
      "header fields provided in the 304 (Not Modified) response",
      "RFC 9111 §4.3.4"}},
    {"304-adopted-foreign-tag",
     NULL,
     {"the cache MUST NOT use the new response to update any stored responses.",
      "RFC 9111 §4.3.4"}},
    {"served-stale",
     NULL,
     {"A cache MUST NOT generate a stale response unless it is disconnected or doing so is "
      "explicitly permitted by the client or origin server",
      "RFC 9111 §4.2.4"}},
    {"reuse-without-validation",
     NULL,
     {"the stored response does not contain the no-cache directive (Section 5.2.2.4), unless it "
      "is successfully validated",
      "RFC 9111 §4"}},
    {"stored-no-store",
     NULL,
     {"a cache MUST NOT store any part of either the immediate request or the response and MUST "
      "NOT use the response to satisfy any other request.",
      "RFC 9111 §5.2.2.5"}},
    {"private-shared",
     NULL,
     {"The unqualified private response directive indicates that a shared cache MUST NOT store "
      "the response",
      "RFC 9111 §5.2.2.7"}},
    {"vary-violation",
     NULL,
     {"the cache MUST NOT use that stored response without revalidation unless all the presented "
      "request header fields nominated by that Vary field value match",
      "RFC 9111 §4.1"}},
    {"missing-vary-observed",
     NULL,
     {"An origin server SHOULD generate a Vary header field on a cacheable response when it "
      "wishes that response to be selectively reused for subsequent requests.",
      "RFC 9110 §12.5.5"}},
    {"age-missing-on-hit",
     NULL,
     {"When a stored response is used to satisfy a request without validation, a cache MUST "
      "generate an Age header field",
      "RFC 9111 §4"}},
    {"not-invalidated-after-unsafe",
     NULL,
     {"A cache MUST invalidate the target URI [...] when it receives a non-error status code in "
      "response to an unsafe request method",
      "RFC 9111 §4.4"}},
    {"immutable-revalidated",
     NULL,
     {"Clients SHOULD NOT issue a conditional request during the response's freshness lifetime "
      "(e.g., upon a reload) unless explicitly overridden by the user",
      "RFC 8246 §2"}},
    {"proxy-drops-directives",
     NULL,
     {"A proxy, whether or not it implements a cache, MUST pass cache directives through in "
      "forwarded messages",
      "RFC 9111 §5.2"}},
    {"unconditional-refetch",
     NULL,
     {"When a client desires to update one or more stored responses that have entity tags, the "
      "client SHOULD generate an If-None-Match header field containing a list of those entity tags "
      "when making a GET request",
      "RFC 9110 §13.1.2"}},
    {"lm-unchanged-body-changed",
     NULL,
     {"An origin server SHOULD obtain the Last-Modified value of the representation as close as "
      "possible to the time that it generates the Date field value for its response.",
      "RFC 9110 §8.8.2.1"}},
    {"no-validator-unchanged",
     NULL,
     {"An origin server SHOULD send an ETag for any selected representation for which detection "
      "of changes can be reasonably and consistently determined",
      "RFC 9110 §8.8.3.1"}},
    {"cc-malformed-or-conflicting",
     NULL,
     {"If directives conflict (e.g., both max-age and no-cache are present), the most restrictive "
      "directive should be honored.",
      "RFC 9111 §4.2.1"}},
    {"duplicate-singleton-field",
     NULL,
     {"a sender MUST NOT generate multiple field lines with the same name in a message",
      "RFC 9110 §5.3"}},
    {"bad-http-date",
     NULL,
     {"When a sender generates a field that contains one or more timestamps defined as HTTP-date, "
      "the sender MUST generate those timestamps in the IMF-fixdate format.",
      "RFC 9110 §5.6.7"}},
    {"vary-star",
     NULL,
     {"A stored response with a Vary header field value containing a member \"*\" always fails to "
      "match.",
      "RFC 9111 §4.1"}},
    {"proxy-vary-star",
     NULL,
     {"A proxy MUST NOT generate \"*\" in a Vary field value.", "RFC 9110 §12.5.5"}},
    {"heuristic-only-freshness",
     NULL,
     {"Since origin servers do not always provide explicit expiration times, a cache MAY assign a "
      "heuristic expiration time when an explicit time is not specified",
      "RFC 9111 §4.2.2"}},
    {"stale-on-arrival",
     NULL,
     {"A \"fresh\" response is one whose age has not yet exceeded its freshness lifetime. "
      "Conversely, a \"stale\" response is one where it has.",
      "RFC 9111 §4.2"}},
    {"revalidated-while-fresh", &use_of_fresh, {NULL, NULL}},
    {"refetch-while-fresh", &use_of_fresh, {NULL, NULL}},
};

const struct norm_sentence *norm_sentence_of(const char *rule)
{
    for (unsigned i = 0; i < COUNT_OF(norms); i++)
        if (strcmp(norms[i].rule, rule) == 0)
            return norms[i].shared ? norms[i].shared : &norms[i].sentence;
    return NULL;
}

char *norm_address(const char *source, char text[96])
{
    unsigned rfc;
    char section[32];
    *text = '\0';
    if (sscanf(source, "RFC %u §%31[0-9.]", &rfc, section) == 2)
        snprintf(text, 96, "https://www.rfc-editor.org/rfc/rfc%u#section-%s", rfc, section);
    return text;
}
