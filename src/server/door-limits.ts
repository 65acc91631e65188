/** Every limit of the data door that is not a setting, with its unit and its reason. docs/PROTOCOL.md repeats those a client meets. */
export const DOOR_LIMITS = {
  /** From connect to a whole HELLO, milliseconds: a connection that says nothing holds a place. */
  helloMs: 10_000,
  /** Before a wrong token is answered, milliseconds: slows guessing, unnoticed by a person who mistyped. */
  deniedAnswerMs: 1_000,
  /** For the peer to take the last frame and close, milliseconds; then the connection is cut. */
  lingerMs: 2_000,
  /** For a receiver to take what is left when its restore pass has ended, milliseconds: a slow link with a full window needs some. */
  drainMs: 300_000,
  /** For streams to end after `close`, milliseconds; then they are cut. */
  closeMs: 10_000,
  /** Connections beyond `maxStreams` that are told so; those beyond these are cut without a word. */
  refusals: 32,
  /** Of a message in ERROR: whatever was told to us fits its frame. */
  messageCharacters: 4_096,
  /** Where bytes land while the stream has no credit: a few control frames. */
  stashBytes: 4_096,
  /** From so many streams being saved on, each gives way to the others after a block. */
  givesWayFrom: 2,
} as const;
