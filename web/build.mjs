// Bundles the map page into the Python package: one script and one style sheet, no network.
import {mkdir} from 'node:fs/promises';
import {build} from 'esbuild';

const target = process.argv[2] ?? '../lulc_assets/core/pages/static';
await mkdir(target, {recursive: true});
// Decoders of compressions that our layers never have would be a third of the bundle.
const unused = {
  name: 'unused-decoders',
  setup(builder) {
    builder.onResolve({filter: /\/(lerc|zstd|webimage|jpeg|lzw|packbits)\.js$/}, (found) =>
      found.importer.includes('geotiff') ? {path: found.path, namespace: 'unused'} : undefined,
    );
    builder.onLoad({filter: /.*/, namespace: 'unused'}, () => ({
      contents: 'export default class { constructor() { throw new Error("compression not supported"); } }',
    }));
  },
};
await build({
  entryPoints: {map: 'src/main.ts'},
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  outdir: target,
  legalComments: 'none',
  banner: {js: '/* OpenLayers (BSD-2-Clause), geotiff.js, pako (MIT), with the map page of lulc-assets */'},
  plugins: [unused],
  logLevel: 'warning',
});
