/** What bounds a document. Each number says what goes wrong without it. */

/** Shown in lists and kept as a search attribute, whose column holds 255 characters. */
export const MAX_CREATOR = 200;
/** Characters of a comment or any other text: comments are for people to read. */
export const MAX_TEXT = 10_000;
/** Bytes of one alert payload as JSON: a payload travels in one webhook body. */
export const MAX_PAYLOAD_BYTES = 64 * 1024;
/** Levels of one alert payload: what walks it does so recursively. */
export const MAX_PAYLOAD_DEPTH = 32;
/** Characters of what names something in an ereport, such as its class: indexes hold no value beyond 2,700 bytes. */
export const MAX_EREPORT_NAME = 200;
/** Ereports in one request: its transaction holds what it has written from others who bring the same. */
export const MAX_EREPORTS = 10_000;
/** Ereports told with their bodies where it is said why an alert exists: a case may have 150,000 of them. */
export const MAX_EREPORTS_TOLD = 100;
/** Faults named in one answer: a client that sends 100,000 wrong fields needs the first few. */
export const MAX_FAULTS = 100;
/** Items on one page of a list. */
export const MAX_PAGE = 1_000;
export const DEFAULT_PAGE = 100;
