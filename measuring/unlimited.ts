/**
 * Settings under which nobody is refused for sending a lot: for what measures
 * how much there can be, and for tests that are about something else.
 *
 * @module
 */
export const UNLIMITED = {
  FRAMES_PER_SECOND: "1000000",
  FRAMES_BURST: "1000000",
  PUBLISHES_PER_SECOND: "1000000",
  PUBLISHES_BURST: "1000000",
} as const;
