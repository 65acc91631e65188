import type { Command } from 'commander';
import type { SecondsView, StatusView } from '../protocol/control-api.js';
import { StorageError } from '../base/storage-error.js';
import { writeJson, writeLine } from './context.js';
import { describeState } from './drive-commands.js';
import type { CommandRunner } from './run-command.js';
import { describeSlowest } from './slowest-cause.js';
import { formatTable } from './text-table.js';
import { formatBytes, formatSeconds, formatTime, printable } from './words.js';

export function addStatusCommands(program: Command, run: CommandRunner): void {
  program
    .command('status')
    .description('what the daemon is doing and what it waits for')
    .action(
      run(async (environment) => {
        const status = await environment.control.status();
        if (environment.options.json) writeJson(environment, status);
        else writeLine(environment.stdout, describeStatus(status));
      }),
    );

  program
    .command('doctor')
    .description('check permissions, devices, state and configuration')
    .action(
      run(async (environment) => {
        const { checks } = await environment.control.doctor();
        if (environment.options.json) writeJson(environment, { checks });
        else
          writeLine(
            environment.stdout,
            formatTable(
              ['CHECK', 'RESULT', ''],
              checks.map((check) => [check.name, check.result, check.message]),
            ),
          );
        const failed = checks.filter((check) => check.result === 'failed');
        if (failed.length > 0)
          throw new StorageError(
            'CONFIG_UNSAFE',
            `${String(failed.length)} of ${String(checks.length)} checks failed.`,
          );
      }),
    );

  program
    .command('version')
    .description('versions of the CLI and the daemon')
    .action(
      run(async (environment) => {
        const daemon = await environment.control.status().then(
          (status) => status.version,
          () => null,
        );
        if (environment.options.json) writeJson(environment, { cli: environment.version, daemon });
        else writeLine(environment.stdout, `tapeloom ${environment.version}, daemon ${daemon ?? 'not reachable'}`);
      }),
    );
}

export function describeSeconds(seconds: SecondsView): string {
  return [
    ['mount', seconds.mount],
    ['position', seconds.position],
    ['wait for data', seconds.waitForData],
    ['wait for credit', seconds.waitForCredit],
    ['write', seconds.write],
    ['read', seconds.read],
    ['flush', seconds.flush],
  ]
    .filter(([, value]) => Number(value) >= 0.005)
    .map(([name, value]) => `${String(name)} ${formatSeconds(Number(value))}`)
    .join(', ');
}

function describeStatus(status: StatusView): string {
  const { memory, dataDoor } = status;
  const lines = [
    `${status.node}: tapeloomd ${status.version}, up since ${formatTime(status.startedMs)}`,
    `data door ${dataDoor.host}:${String(dataDoor.port)}${dataDoor.tls ? ' (TLS)' : ''}; memory ${formatBytes(memory.residentBytes)}, ` +
      `ring ${String(memory.ringBlocks - memory.ringBlocksFree)} of ${String(memory.ringBlocks)} blocks in use`,
    '',
    formatTable(
      ['DRIVE', 'KIND', 'STATE', 'CARTRIDGE', 'DOING'],
      status.drives.map((drive) => [
        drive.name,
        drive.kind,
        describeState(drive),
        drive.barcode ?? '-',
        drive.activity === '' ? '-' : drive.activity,
      ]),
    ),
  ];
  for (const session of status.sessions) {
    const slowest = describeSlowest(session.kind, session.seconds);
    lines.push(
      '',
      `${session.kind} ${session.pool ?? ''} on ${session.drive ?? 'no drive yet'} ${session.barcode ?? ''}: ${session.state}, ` +
        `${formatBytes(session.bytes)}, ${String(session.checkpoints)} checkpoints; ${describeSeconds(session.seconds)}`,
      ...(slowest === null ? [] : [`  ${slowest}`]),
      ...(session.next === null
        ? []
        : [`  next: ${session.next.barcode ?? 'a volume is being mounted'} in ${session.next.drive}`]),
      ...session.streams.map(
        (stream) =>
          `  ${stream.streamId} ${stream.client}:${stream.name} received ${formatBytes(stream.receivedBytes)}, ` +
          `written ${formatBytes(stream.writtenBytes)}, durable ${formatBytes(stream.durableBytes)}`,
      ),
    );
  }
  if (status.operatorRequests.length > 0) {
    lines.push('', 'Waiting for the operator:');
    for (const request of status.operatorRequests)
      lines.push(`  since ${formatTime(request.sinceMs)}: ${request.message}`);
  }
  if (status.problems.length > 0) {
    lines.push('', 'Look at:');
    for (const { message } of status.problems) lines.push(`  ${printable(message)}`);
  }
  return lines.join('\n');
}
