/** `npm run sbom`: writes `dist/sbom.cdx.json`, the CycloneDX 1.6 bill of materials of what runs in production. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cycloneDx } from './sbom/cyclonedx.ts';
import { readLockfile } from './sbom/lockfile.ts';

const root = join(import.meta.dirname, '..');
const path = 'dist/sbom.cdx.json';
const file = join(root, path);
await mkdir(dirname(file), { recursive: true });
await writeFile(file, `${JSON.stringify(cycloneDx(readLockfile(root)), null, 2)}\n`);
console.log(path);
