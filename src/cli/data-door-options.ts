import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describeError } from '../base/storage-error.js';
import type { CommandEnvironment } from './context.js';
import { UsageError } from './usage-error.js';

/** Options of the commands that talk to the data door. */
export interface DataDoorOptions {
  readonly address?: string;
  readonly client?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
}

export function addDataDoorOptions(command: Command): Command {
  return command
    .option('--address <host:port>', 'data door (TAPELOOM_ADDRESS; else asked of the control door)')
    .option('--client <name>', 'the client to act as (TAPELOOM_CLIENT)')
    .option(
      '--token-file <path>',
      'file that holds the token of the client (TAPELOOM_TOKEN_FILE, or the token itself in TAPELOOM_TOKEN)',
    )
    .option('--ca <path>', 'PEM file of the authority that signed the data door (TAPELOOM_CA)');
}

export interface DataDoorAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly ca?: string } | null;
}

/** Where the data door is: named, or as the daemon on this machine says. */
export async function findDataDoor(
  environment: CommandEnvironment,
  options: DataDoorOptions,
): Promise<DataDoorAddress> {
  const named = options.address ?? environment.environment['TAPELOOM_ADDRESS'];
  const caFile = options.ca ?? environment.environment['TAPELOOM_CA'];
  const tls = caFile === undefined ? null : { ca: readText(caFile) };
  if (named === undefined) {
    const { dataDoor } = await environment.control.status();
    return { host: dataDoor.host, port: dataDoor.port, tls: tls ?? (dataDoor.tls ? {} : null) };
  }
  const match = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(named);
  if (match?.[1] === undefined) throw new UsageError(`"${named}" is not host:port`);
  return { host: match[1], port: Number(match[2]), tls };
}

export function readCredentials(
  environment: CommandEnvironment,
  options: DataDoorOptions,
): { readonly client: string; readonly token: string } {
  const client = options.client ?? environment.environment['TAPELOOM_CLIENT'];
  if (client === undefined) throw new UsageError('Who is asking? Give --client or set TAPELOOM_CLIENT.');
  const tokenFile = options.tokenFile ?? environment.environment['TAPELOOM_TOKEN_FILE'];
  const token = tokenFile === undefined ? environment.environment['TAPELOOM_TOKEN'] : readText(tokenFile).trim();
  if (token === undefined || token === '')
    throw new UsageError('No token: give --token-file, or set TAPELOOM_TOKEN_FILE or TAPELOOM_TOKEN.');
  return { client, token };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${describeError(error)}`);
  }
}
