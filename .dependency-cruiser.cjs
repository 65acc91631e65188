// The layer table of docs/ARCHITECTURE.md as rules. `layers` lists, for each folder of src, what it may import.
const layers = {
  base: [],
  terms: ['base'],
  scsi: ['base', 'terms'],
  protocol: ['base', 'terms'],
  device: ['base', 'terms'],
  drive: ['base', 'terms', 'scsi', 'device'],
  changer: ['base', 'terms', 'scsi', 'device'],
  volume: ['base', 'terms', 'drive'],
  transfer: ['base', 'terms', 'drive', 'volume'],
  inventory: ['base', 'terms'],
  media: ['base', 'terms', 'scsi', 'device', 'drive', 'changer', 'volume', 'inventory'],
  jobs: ['base', 'terms', 'protocol', 'scsi', 'device', 'drive', 'changer', 'volume', 'transfer', 'inventory', 'media'],
  server: [
    'base',
    'terms',
    'protocol',
    'scsi',
    'device',
    'drive',
    'changer',
    'volume',
    'transfer',
    'inventory',
    'media',
    'jobs',
  ],
  client: ['base', 'terms', 'protocol'],
  cli: ['base', 'terms', 'protocol', 'client'],
};

const forbidden = Object.entries(layers).map(([folder, allowed]) => ({
  name: `layer-${folder}`,
  severity: 'error',
  comment: `src/${folder} may import only itself${allowed.map((name) => `, src/${name}`).join('')} (docs/ARCHITECTURE.md)`,
  from: { path: `^src/${folder}/` },
  to: { path: '^(src|sim|test|bench)/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
}));

// Everything that reaches outside the program; node:path, node:url, node:crypto and the like only compute.
const io = '^(node:)?(fs|fs/promises|net|tls|http|https|child_process|worker_threads|dgram|os)$';

module.exports = {
  forbidden: [
    ...forbidden,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'src-never-imports-sim-test-or-bench',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(sim|test|bench)/' },
    },
    {
      name: 'sim-never-imports-test-or-bench',
      severity: 'error',
      from: { path: '^sim/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'bench-never-imports-test',
      comment: 'what is measured is the product; the tests are not needed to run it',
      severity: 'error',
      from: { path: '^bench/' },
      to: { path: '^test/' },
    },
    { name: 'ffi-only-in-device', severity: 'error', from: { pathNot: '^src/device/' }, to: { path: 'koffi' } },
    {
      name: 'leveldb-only-in-inventory',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/inventory/' },
      to: { path: 'node_modules/(level|classic-level)/' },
    },
    {
      name: 'pure-layers-do-no-io',
      severity: 'error',
      from: { path: '^src/(base|terms|scsi|protocol)/' },
      to: { path: io },
    },
    {
      name: 'decisions-do-no-io',
      comment: 'volume, transfer, media and jobs reach the world through ports',
      severity: 'error',
      from: { path: '^src/(volume|transfer|media|jobs)/' },
      to: { path: io },
    },
    {
      name: 'concrete-devices-only-in-composition-roots',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(daemon|device|drive)/' },
      to: {
        path: '^src/(device/(linux-|worker-scsi-channel|inline-scsi-channel)|drive/(st-drive|file-drive|worker-drive-thread|inline-drive-thread))',
      },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '(-worker|main)\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
