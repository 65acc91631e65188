import type { CommandEnvironment } from './context.js';
import { UsageError } from './usage-error.js';

/** The one named, else TAPELOOM_DRIVE, else the only one of its kind. */
export async function chooseDrive(environment: CommandEnvironment, name: string | undefined): Promise<string> {
  const named = name ?? environment.environment['TAPELOOM_DRIVE'];
  if (named !== undefined) return named;
  const drives = await environment.control.drives();
  const tapes = drives.filter((drive) => drive.kind === 'tape');
  const candidates = tapes.length > 0 ? tapes : drives;
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only.name;
  throw new UsageError(`Which drive? ${candidates.map((drive) => drive.name).join(', ')} (or set TAPELOOM_DRIVE)`);
}
