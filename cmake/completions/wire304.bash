# bash completion for wire304                             -*- shell-script -*-
# Printed by `wire304 help --completions bash`.

_wire304_files()
{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# The last of words that are parted by commas.
_wire304_list()
{
    local before=''
    [[ $1 == *,* ]] && before=${1%,*},
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "$2" -- "${1##*,}")
}

_wire304_words()
{
    mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

_wire304()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    local rules='conditional waste 304-violation cache-behaviour hygiene inm-match-got-200 unconditional-refetch unstable-etag no-validator-unchanged no-store-unchanged refetch-while-fresh revalidated-while-fresh short-ttl-unchanged 304-has-body 304-missing-etag 304-missing-cache-control 304-missing-vary 304-missing-expires 304-missing-content-location 304-missing-date 304-content-length-mismatch 304-unsolicited 304-etag-not-in-inm 304-superfluous-metadata ims-unmodified-got-200 proxy-304-expanded strong-etag-collision ims-honoured-over-inm 304-policy-differs cache-buster-identical missing-vary-observed vary-fragmentation unstable-last-modified 304-slow 304-not-freshening 304-update-ignored 304-then-refetch 304-etag-strength-flip 304-despite-change 304-wrong-method 304-masks-non-2xx 206-despite-inm-match 412-instead-of-304 client-omits-etag concurrent-duplicate duplicate-body-across-urls range-redownload aborted-unused permanent-redirect-refetch negative-refetch oversized-revalidation-headers reload-storm immutable-revalidated served-stale reuse-without-validation stored-no-store private-shared vary-violation not-invalidated-after-unsafe age-missing-on-hit proxy-304-union-leak proxy-drops-directives proxy-drops-preconditions if-range-weak-validator if-range-without-range if-range-mismatch-got-206 if-range-match-got-200 precondition-outcome-mismatch foreign-validator client-omits-ims malformed-validator last-modified-in-future lm-unchanged-body-changed 304-hop-field-forbidden conditional-head cc-malformed-or-conflicting duplicate-singleton-field bad-http-date heuristic-only-freshness vary-star uncompressed-transfer handshake-for-304 wire-retransmission shared-cache-opportunity 304-no-validator 206-missing-metadata stale-on-arrival 304-adopted-foreign-tag'
    # --option=value is three words
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _wire304_words "$cur" "analyze live report evidence compare forget rules explain help --help --version"
        return
    fi
    case "$command $prev" in
        'analyze --output' | 'analyze -o') _wire304_files "$cur"; return ;;
        'analyze --filter') :; return ;;
        'analyze --host') :; return ;;
        'analyze --leave-out') :; return ;;
        'analyze --role') :; return ;;
        'analyze --from') :; return ;;
        'analyze --until') :; return ;;
        'analyze --keylog') _wire304_files "$cur"; return ;;
        'analyze --only') _wire304_list "$cur" "conditional waste 304-violation cache-behaviour hygiene inm-match-got-200 unconditional-refetch unstable-etag no-validator-unchanged no-store-unchanged refetch-while-fresh revalidated-while-fresh short-ttl-unchanged 304-has-body 304-missing-etag 304-missing-cache-control 304-missing-vary 304-missing-expires 304-missing-content-location 304-missing-date 304-content-length-mismatch 304-unsolicited 304-etag-not-in-inm 304-superfluous-metadata ims-unmodified-got-200 proxy-304-expanded strong-etag-collision ims-honoured-over-inm 304-policy-differs cache-buster-identical missing-vary-observed vary-fragmentation unstable-last-modified 304-slow 304-not-freshening 304-update-ignored 304-then-refetch 304-etag-strength-flip 304-despite-change 304-wrong-method 304-masks-non-2xx 206-despite-inm-match 412-instead-of-304 client-omits-etag concurrent-duplicate duplicate-body-across-urls range-redownload aborted-unused permanent-redirect-refetch negative-refetch oversized-revalidation-headers reload-storm immutable-revalidated served-stale reuse-without-validation stored-no-store private-shared vary-violation not-invalidated-after-unsafe age-missing-on-hit proxy-304-union-leak proxy-drops-directives proxy-drops-preconditions if-range-weak-validator if-range-without-range if-range-mismatch-got-206 if-range-match-got-200 precondition-outcome-mismatch foreign-validator client-omits-ims malformed-validator last-modified-in-future lm-unchanged-body-changed 304-hop-field-forbidden conditional-head cc-malformed-or-conflicting duplicate-singleton-field bad-http-date heuristic-only-freshness vary-star uncompressed-transfer handshake-for-304 wire-retransmission shared-cache-opportunity 304-no-validator 206-missing-metadata stale-on-arrival 304-adopted-foreign-tag"; return ;;
        'analyze --skip') _wire304_list "$cur" "conditional waste 304-violation cache-behaviour hygiene inm-match-got-200 unconditional-refetch unstable-etag no-validator-unchanged no-store-unchanged refetch-while-fresh revalidated-while-fresh short-ttl-unchanged 304-has-body 304-missing-etag 304-missing-cache-control 304-missing-vary 304-missing-expires 304-missing-content-location 304-missing-date 304-content-length-mismatch 304-unsolicited 304-etag-not-in-inm 304-superfluous-metadata ims-unmodified-got-200 proxy-304-expanded strong-etag-collision ims-honoured-over-inm 304-policy-differs cache-buster-identical missing-vary-observed vary-fragmentation unstable-last-modified 304-slow 304-not-freshening 304-update-ignored 304-then-refetch 304-etag-strength-flip 304-despite-change 304-wrong-method 304-masks-non-2xx 206-despite-inm-match 412-instead-of-304 client-omits-etag concurrent-duplicate duplicate-body-across-urls range-redownload aborted-unused permanent-redirect-refetch negative-refetch oversized-revalidation-headers reload-storm immutable-revalidated served-stale reuse-without-validation stored-no-store private-shared vary-violation not-invalidated-after-unsafe age-missing-on-hit proxy-304-union-leak proxy-drops-directives proxy-drops-preconditions if-range-weak-validator if-range-without-range if-range-mismatch-got-206 if-range-match-got-200 precondition-outcome-mismatch foreign-validator client-omits-ims malformed-validator last-modified-in-future lm-unchanged-body-changed 304-hop-field-forbidden conditional-head cc-malformed-or-conflicting duplicate-singleton-field bad-http-date heuristic-only-freshness vary-star uncompressed-transfer handshake-for-304 wire-retransmission shared-cache-opportunity 304-no-validator 206-missing-metadata stale-on-arrival 304-adopted-foreign-tag"; return ;;
        'analyze --set') compopt -o nospace 2>/dev/null; _wire304_words "$cur" "guard_s= skew_s= min_body= min_duplicate_body= reference_max_s= eviction_s= short_ttl_min= short_ttl_span= no_store_min= no_store_span_s= cache_buster_min= vary_values= large_heads= large_fields= min_compressible= same_address_connections= min_copy_body= negative_min= fat_error_body= patience_s= retransmitted_min= retransmitted_percent= update_ignored_min= reload_storm= reload_storm_s= reload_bursts= reload_bursts_s= slow_304_ms= slow_304_percent= slow_304_min="; return ;;
        'analyze --window') :; return ;;
        'analyze --client-key') _wire304_words "$cur" "auto ip ip+ua forwarded none"; return ;;
        'analyze --severity') _wire304_words "$cur" "info waste warning error"; return ;;
        'analyze --fail-on') :; return ;;
        'analyze --accept') _wire304_files "$cur"; return ;;
        'analyze --price') :; return ;;
        'analyze --baseline') _wire304_files "$cur"; return ;;
        'analyze --heads') _wire304_words "$cur" "findings all none"; return ;;
        'analyze --privacy') _wire304_words "$cur" "full standard strict"; return ;;
        'analyze --jobs') :; return ;;
        'analyze --memory') :; return ;;
        'analyze --config') _wire304_files "$cur"; return ;;
        'analyze --color') _wire304_words "$cur" "auto always never"; return ;;
        'live --output' | 'live -o') _wire304_files "$cur"; return ;;
        'live --interface' | 'live -i') _wire304_words "$cur" "any $(ls /sys/class/net 2>/dev/null)"; return ;;
        'live --duration') :; return ;;
        'live --count') :; return ;;
        'live --rotate') :; return ;;
        'live --keep') :; return ;;
        'live --max-db') :; return ;;
        'live --packets') _wire304_files "$cur"; return ;;
        'live --packets-max') :; return ;;
        'live --buffer') :; return ;;
        'live --snaplen') :; return ;;
        'live --user') :; return ;;
        'live --metrics') :; return ;;
        'live --ndjson') _wire304_files "$cur"; return ;;
        'live --filter') :; return ;;
        'live --host') :; return ;;
        'live --leave-out') :; return ;;
        'live --role') :; return ;;
        'live --from') :; return ;;
        'live --until') :; return ;;
        'live --keylog') _wire304_files "$cur"; return ;;
        'live --only') _wire304_list "$cur" "conditional waste 304-violation cache-behaviour hygiene inm-match-got-200 unconditional-refetch unstable-etag no-validator-unchanged no-store-unchanged refetch-while-fresh revalidated-while-fresh short-ttl-unchanged 304-has-body 304-missing-etag 304-missing-cache-control 304-missing-vary 304-missing-expires 304-missing-content-location 304-missing-date 304-content-length-mismatch 304-unsolicited 304-etag-not-in-inm 304-superfluous-metadata ims-unmodified-got-200 proxy-304-expanded strong-etag-collision ims-honoured-over-inm 304-policy-differs cache-buster-identical missing-vary-observed vary-fragmentation unstable-last-modified 304-slow 304-not-freshening 304-update-ignored 304-then-refetch 304-etag-strength-flip 304-despite-change 304-wrong-method 304-masks-non-2xx 206-despite-inm-match 412-instead-of-304 client-omits-etag concurrent-duplicate duplicate-body-across-urls range-redownload aborted-unused permanent-redirect-refetch negative-refetch oversized-revalidation-headers reload-storm immutable-revalidated served-stale reuse-without-validation stored-no-store private-shared vary-violation not-invalidated-after-unsafe age-missing-on-hit proxy-304-union-leak proxy-drops-directives proxy-drops-preconditions if-range-weak-validator if-range-without-range if-range-mismatch-got-206 if-range-match-got-200 precondition-outcome-mismatch foreign-validator client-omits-ims malformed-validator last-modified-in-future lm-unchanged-body-changed 304-hop-field-forbidden conditional-head cc-malformed-or-conflicting duplicate-singleton-field bad-http-date heuristic-only-freshness vary-star uncompressed-transfer handshake-for-304 wire-retransmission shared-cache-opportunity 304-no-validator 206-missing-metadata stale-on-arrival 304-adopted-foreign-tag"; return ;;
        'live --skip') _wire304_list "$cur" "conditional waste 304-violation cache-behaviour hygiene inm-match-got-200 unconditional-refetch unstable-etag no-validator-unchanged no-store-unchanged refetch-while-fresh revalidated-while-fresh short-ttl-unchanged 304-has-body 304-missing-etag 304-missing-cache-control 304-missing-vary 304-missing-expires 304-missing-content-location 304-missing-date 304-content-length-mismatch 304-unsolicited 304-etag-not-in-inm 304-superfluous-metadata ims-unmodified-got-200 proxy-304-expanded strong-etag-collision ims-honoured-over-inm 304-policy-differs cache-buster-identical missing-vary-observed vary-fragmentation unstable-last-modified 304-slow 304-not-freshening 304-update-ignored 304-then-refetch 304-etag-strength-flip 304-despite-change 304-wrong-method 304-masks-non-2xx 206-despite-inm-match 412-instead-of-304 client-omits-etag concurrent-duplicate duplicate-body-across-urls range-redownload aborted-unused permanent-redirect-refetch negative-refetch oversized-revalidation-headers reload-storm immutable-revalidated served-stale reuse-without-validation stored-no-store private-shared vary-violation not-invalidated-after-unsafe age-missing-on-hit proxy-304-union-leak proxy-drops-directives proxy-drops-preconditions if-range-weak-validator if-range-without-range if-range-mismatch-got-206 if-range-match-got-200 precondition-outcome-mismatch foreign-validator client-omits-ims malformed-validator last-modified-in-future lm-unchanged-body-changed 304-hop-field-forbidden conditional-head cc-malformed-or-conflicting duplicate-singleton-field bad-http-date heuristic-only-freshness vary-star uncompressed-transfer handshake-for-304 wire-retransmission shared-cache-opportunity 304-no-validator 206-missing-metadata stale-on-arrival 304-adopted-foreign-tag"; return ;;
        'live --set') compopt -o nospace 2>/dev/null; _wire304_words "$cur" "guard_s= skew_s= min_body= min_duplicate_body= reference_max_s= eviction_s= short_ttl_min= short_ttl_span= no_store_min= no_store_span_s= cache_buster_min= vary_values= large_heads= large_fields= min_compressible= same_address_connections= min_copy_body= negative_min= fat_error_body= patience_s= retransmitted_min= retransmitted_percent= update_ignored_min= reload_storm= reload_storm_s= reload_bursts= reload_bursts_s= slow_304_ms= slow_304_percent= slow_304_min="; return ;;
        'live --window') :; return ;;
        'live --client-key') _wire304_words "$cur" "auto ip ip+ua forwarded none"; return ;;
        'live --severity') _wire304_words "$cur" "info waste warning error"; return ;;
        'live --fail-on') :; return ;;
        'live --accept') _wire304_files "$cur"; return ;;
        'live --price') :; return ;;
        'live --heads') _wire304_words "$cur" "findings all none"; return ;;
        'live --privacy') _wire304_words "$cur" "full standard strict"; return ;;
        'live --jobs') :; return ;;
        'live --memory') :; return ;;
        'live --config') _wire304_files "$cur"; return ;;
        'live --color') _wire304_words "$cur" "auto always never"; return ;;
        'report --output' | 'report -o') _wire304_files "$cur"; return ;;
        'report --format') _wire304_words "$cur" "terminal html json ndjson csv markdown har trace"; return ;;
        'report --table') _wire304_words "$cur" "run totals exchanges findings issues checks connections coverage heads accepted what_if needless_round_trips hours let_go let_go_by_rule waste_by_url_pattern waste_by_host waste_by_client violations_by_server_software revalidation_outcomes etag_history"; return ;;
        'report --severity') _wire304_words "$cur" "info waste warning error"; return ;;
        'report --price') :; return ;;
        'report --redact-key') _wire304_files "$cur"; return ;;
        'report --host') :; return ;;
        'report --url') :; return ;;
        'report --client') :; return ;;
        'report --rule') _wire304_list "$cur" "conditional waste 304-violation cache-behaviour hygiene inm-match-got-200 unconditional-refetch unstable-etag no-validator-unchanged no-store-unchanged refetch-while-fresh revalidated-while-fresh short-ttl-unchanged 304-has-body 304-missing-etag 304-missing-cache-control 304-missing-vary 304-missing-expires 304-missing-content-location 304-missing-date 304-content-length-mismatch 304-unsolicited 304-etag-not-in-inm 304-superfluous-metadata ims-unmodified-got-200 proxy-304-expanded strong-etag-collision ims-honoured-over-inm 304-policy-differs cache-buster-identical missing-vary-observed vary-fragmentation unstable-last-modified 304-slow 304-not-freshening 304-update-ignored 304-then-refetch 304-etag-strength-flip 304-despite-change 304-wrong-method 304-masks-non-2xx 206-despite-inm-match 412-instead-of-304 client-omits-etag concurrent-duplicate duplicate-body-across-urls range-redownload aborted-unused permanent-redirect-refetch negative-refetch oversized-revalidation-headers reload-storm immutable-revalidated served-stale reuse-without-validation stored-no-store private-shared vary-violation not-invalidated-after-unsafe age-missing-on-hit proxy-304-union-leak proxy-drops-directives proxy-drops-preconditions if-range-weak-validator if-range-without-range if-range-mismatch-got-206 if-range-match-got-200 precondition-outcome-mismatch foreign-validator client-omits-ims malformed-validator last-modified-in-future lm-unchanged-body-changed 304-hop-field-forbidden conditional-head cc-malformed-or-conflicting duplicate-singleton-field bad-http-date heuristic-only-freshness vary-star uncompressed-transfer handshake-for-304 wire-retransmission shared-cache-opportunity 304-no-validator 206-missing-metadata stale-on-arrival 304-adopted-foreign-tag"; return ;;
        'report --since') :; return ;;
        'report --until') :; return ;;
        'report --top') :; return ;;
        'report --color') _wire304_words "$cur" "auto always never"; return ;;
        'evidence --output' | 'evidence -o') _wire304_files "$cur"; return ;;
        'evidence --redact-key') _wire304_files "$cur"; return ;;
        'evidence --color') _wire304_words "$cur" "auto always never"; return ;;
        'compare --output' | 'compare -o') _wire304_files "$cur"; return ;;
        'compare --format') _wire304_words "$cur" "terminal json markdown"; return ;;
        'compare --min-exercised') :; return ;;
        'compare --fail-on') :; return ;;
        'compare --top') :; return ;;
        'compare --color') _wire304_words "$cur" "auto always never"; return ;;
        'forget --client') :; return ;;
        'forget --color') _wire304_words "$cur" "auto always never"; return ;;
        'rules --format') _wire304_words "$cur" "terminal json markdown"; return ;;
        'rules --why') _wire304_files "$cur"; return ;;
        'rules --color') _wire304_words "$cur" "auto always never"; return ;;
        'explain --software') _wire304_list "$cur" "nginx apache caddy lighttpd iis varnish squid haproxy trafficserver cloudflare cloudfront fastly akamai rails go symfony php django flask python express spring aspnet curl wget python-requests go-http-client okhttp browser"; return ;;
        'explain --color') _wire304_words "$cur" "auto always never"; return ;;
    esac
    case $command in
        analyze)
            if [[ $cur == -* ]]; then
                _wire304_words "$cur" "--output --force --filter --host --leave-out --role --from --until --keylog --only --skip --set --window --client-key --severity --fail-on --accept --price --baseline --heads --privacy --jobs --memory --config --color --no-progress --quiet --help "
            else
                _wire304_files "$cur"
            fi
            ;;
        live)
            if [[ $cur == -* ]]; then
                _wire304_words "$cur" "--output --force --interface --duration --count --rotate --keep --max-db --packets --packets-max --buffer --snaplen --no-promiscuous --user --plain --metrics --ndjson --no-sandbox --filter --host --leave-out --role --from --until --keylog --only --skip --set --window --client-key --severity --fail-on --accept --price --heads --privacy --jobs --memory --config --color --no-progress --quiet --help "
            else
                :
            fi
            ;;
        report)
            if [[ $cur == -* ]]; then
                _wire304_words "$cur" "--output --format --table --severity --price --redact --redact-key --host --url --client --rule --since --until --top --color --help "
            else
                _wire304_files "$cur"
            fi
            ;;
        evidence)
            if [[ $cur == -* ]]; then
                _wire304_words "$cur" "--output --with-credentials --heads-only --redact --redact-key --color --quiet --help "
            else
                _wire304_files "$cur"
            fi
            ;;
        compare)
            if [[ $cur == -* ]]; then
                _wire304_words "$cur" "--output --format --min-exercised --fail-on --top --color --help "
            else
                _wire304_files "$cur"
            fi
            ;;
        forget)
            if [[ $cur == -* ]]; then
                _wire304_words "$cur" "--client --color --quiet --help "
            else
                _wire304_files "$cur"
            fi
            ;;
        rules)
            if [[ $cur == -* ]]; then
                _wire304_words "$cur" "--format --why --flaws --color --help "
            else
                :
            fi
            ;;
        explain)
            if [[ $cur == -* ]]; then
                _wire304_words "$cur" "--software --color --help "
            else
                _wire304_words "$cur" "inm-match-got-200 unconditional-refetch unstable-etag no-validator-unchanged no-store-unchanged refetch-while-fresh revalidated-while-fresh short-ttl-unchanged 304-has-body 304-missing-etag 304-missing-cache-control 304-missing-vary 304-missing-expires 304-missing-content-location 304-missing-date 304-content-length-mismatch 304-unsolicited 304-etag-not-in-inm 304-superfluous-metadata ims-unmodified-got-200 proxy-304-expanded strong-etag-collision ims-honoured-over-inm 304-policy-differs cache-buster-identical missing-vary-observed vary-fragmentation unstable-last-modified 304-slow 304-not-freshening 304-update-ignored 304-then-refetch 304-etag-strength-flip 304-despite-change 304-wrong-method 304-masks-non-2xx 206-despite-inm-match 412-instead-of-304 client-omits-etag concurrent-duplicate duplicate-body-across-urls range-redownload aborted-unused permanent-redirect-refetch negative-refetch oversized-revalidation-headers reload-storm immutable-revalidated served-stale reuse-without-validation stored-no-store private-shared vary-violation not-invalidated-after-unsafe age-missing-on-hit proxy-304-union-leak proxy-drops-directives proxy-drops-preconditions if-range-weak-validator if-range-without-range if-range-mismatch-got-206 if-range-match-got-200 precondition-outcome-mismatch foreign-validator client-omits-ims malformed-validator last-modified-in-future lm-unchanged-body-changed 304-hop-field-forbidden conditional-head cc-malformed-or-conflicting duplicate-singleton-field bad-http-date heuristic-only-freshness vary-star uncompressed-transfer handshake-for-304 wire-retransmission shared-cache-opportunity 304-no-validator 206-missing-metadata stale-on-arrival 304-adopted-foreign-tag"
            fi
            ;;
        help)
            _wire304_words "$cur" "analyze live report evidence compare forget rules explain help"
            ;;
    esac
}
complete -F _wire304 wire304
