import { z } from 'zod';

/** What is connected to the machine, configured or not: the body of GET /v1/hardware, and what `tapeloomd --scan` prints. */

const device = {
  /** As configured; else a name that is free. */
  name: z.string(),
  /** What to configure: a path that stays the same over boots where there is one. */
  device: z.string(),
  /** The node itself; null for a changer of which the sg module knows nothing. */
  node: z.string().nullable(),
  genericPath: z.string().nullable(),
  /** host:channel:target:lun */
  scsiAddress: z.string(),
  vendor: z.string(),
  product: z.string(),
  revision: z.string(),
  /** Unit serial number; '' when it is not known. */
  serial: z.string(),
  isConfigured: z.boolean(),
};

export const hardwareSchema = z.object({
  drives: z.array(
    z.object({
      ...device,
      /** The changer whose drive it is, and which of its drives, as serial numbers tell; null when they do not. */
      changer: z.string().nullable(),
      changerDrive: z.number().int().nullable(),
    }),
  ),
  changers: z.array(
    z.object({
      ...device,
      slots: z.number().int(),
      importExportSlots: z.number().int(),
      driveElements: z.array(
        z.object({ number: z.number().int(), serial: z.string().nullable(), drive: z.string().nullable() }),
      ),
      /** Why it could not be asked; '' when it could. */
      problem: z.string(),
    }),
  ),
  /** Text for the configuration, of what is not configured yet; what is, stands there as comments. */
  configuration: z.object({ drives: z.string(), changers: z.string() }),
});
export type HardwareView = z.infer<typeof hardwareSchema>;
export type HardwareDriveView = HardwareView['drives'][number];
export type HardwareChangerView = HardwareView['changers'][number];
