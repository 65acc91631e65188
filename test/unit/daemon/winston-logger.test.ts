import { expect } from 'chai';
import { Writable } from 'node:stream';
import { WinstonLogger, type LogOptions } from '../../../src/daemon/winston-logger.js';

/** A logger and the lines it wrote. */
function makeLogger(
  options: LogOptions,
  isTerminal = false,
): { logger: WinstonLogger; lines: () => readonly string[] } {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString('utf8');
      done();
    },
  });
  return { logger: new WinstonLogger(options, stream, isTerminal), lines: () => text.split('\n').slice(0, -1) };
}

describe('the log', () => {
  it('is one JSON object a line with time, event and fields', () => {
    const { logger, lines } = makeLogger({ level: 'info', format: 'json' });
    logger.log('warn', 'volume.mounted', 'Volume A is\nmounted.', {
      volume: 'A',
      blocks: 7,
      reason: null,
      seconds: { write: 1 },
    });
    expect(lines()).to.have.length(1);
    const { timestamp, ...rest } = JSON.parse(lines()[0] ?? '') as Record<string, unknown>;
    expect(rest).to.deep.equal({
      level: 'warn',
      event: 'volume.mounted',
      message: 'Volume A is\nmounted.',
      volume: 'A',
      blocks: 7,
      reason: null,
      seconds: { write: 1 },
    });
    expect(timestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('keeps what it was called with, whatever the fields are called', () => {
    const { logger, lines } = makeLogger({ level: 'info', format: 'json' });
    logger.log('error', 'a.b', 'text', { level: 'debug', message: 'other', event: 'c.d' });
    expect(JSON.parse(lines()[0] ?? '')).to.deep.include({ level: 'error', message: 'text', event: 'a.b' });
  });

  it('carries the priority of the journal at the start of a line of text', () => {
    const { logger, lines } = makeLogger({ level: 'debug', format: 'text' });
    for (const level of ['error', 'warn', 'info', 'debug'] as const)
      logger.log(level, 'a.b', 'Text.', { drive: 'tape0' });
    expect(lines()).to.deep.equal([3, 4, 6, 7].map((priority) => `<${String(priority)}>a.b: Text. (drive=tape0)`));
  });

  it('shows time and level to a person at a terminal', () => {
    const { logger, lines } = makeLogger({ level: 'info', format: 'text' }, true);
    logger.log('info', 'a.b', 'Text.');
    expect(lines()[0]).to.match(/^\d{4}-.*Z info a\.b: Text\.$/);
  });

  it('leaves out fields without a value in text', () => {
    const { logger, lines } = makeLogger({ level: 'info', format: 'text' });
    logger.log('info', 'a.b', 'Text.', { a: null, b: undefined, c: 0, d: false, e: { f: 1 } });
    expect(lines()).to.deep.equal(['<6>a.b: Text. (c=0 d=false e={"f":1})']);
  });

  for (const [format, isTerminal] of [
    ['text', false],
    ['text', true],
    ['json', false],
  ] as const)
    it(`is not led astray by what a client calls itself (${format}${isTerminal ? ' at a terminal' : ''})`, () => {
      const { logger, lines } = makeLogger({ level: 'info', format }, isTerminal);
      logger.log('info', 'a.b', 'Client x\n<0>forged: line\r\u001b[2J\u009b', { client: 'y\n<0>z\u001b[31m' });
      expect(lines()).to.have.length(1);
      expect(lines()[0]).to.not.match(/[\r\u001b]/);
      if (format === 'text') expect(lines()[0]).to.not.contain('\u009b');
    });

  it('leaves out what is below its level', () => {
    const { logger, lines } = makeLogger({ level: 'warn', format: 'text' });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger.log(level, 'a.b', level);
    expect(lines()).to.deep.equal(['<4>a.b: warn', '<3>a.b: error']);
  });
});
