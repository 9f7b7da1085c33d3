/**
 * Bounds on what one mesh config may ask of this machine. Far above any mesh that people maintain by hand or by generator (10,000
 * services are about 8 MB of YAML in several files), and low enough that hostile or broken input ends in seconds with a finding.
 */
export const MAX_FILE_BYTES = 8 * 1024 * 1024;
export const MAX_TOTAL_BYTES = 256 * 1024 * 1024;
export const MAX_FILES = 50_000;
export const MAX_FOLDER_DEPTH = 16;
/** Mappings and lists within each other. Envoy's own protobuf decoder stops at 100 messages. */
export const MAX_DEPTH = 200;
/** Values of one file after its aliases are written out. */
export const MAX_NODES_PER_FILE = 4_000_000;
/** How many values the aliases of one file may add. */
export const MAX_ALIASED_NODES = 500_000;
/** Values of one stage that templates and `${values…}` write out. */
export const MAX_EXPANDED_NODES = 6_000_000;
/** Length of one text that `${…}` is replaced in. */
export const MAX_TEXT_LENGTH = 1024 * 1024;
/** Findings of one file; a file with more is broken as a whole. */
export const MAX_FINDINGS_PER_FILE = 100;
/** Mistakes that are looked for in one YAML file, several of which may come to one finding; then the rest is left unread. */
export const MAX_FAULTS_PER_FILE = 1_000;
/**
 * Tokens of one YAML file (white space counts) with anything in it that only the whole parser takes, which needs 2 to 3 µs for
 * each. Configurations have one for every five to six bytes, so this is as much as a file of `MAX_FILE_BYTES` has.
 */
export const MAX_YAML_TOKENS = 1_600_000;
