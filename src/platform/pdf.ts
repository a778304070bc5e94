/** Prints documents as PDF with a font that has Chinese and Latin. It reads that font and nothing else, from nowhere else. */
import { dirname, join } from 'node:path';
import pdfmake from 'pdfmake';

export type PdfDocument = Readonly<Record<string, unknown>>;

const FONT = 'NotoSansSC';

let ready = false;

/** The package is looked for where it is installed, so that a build may stand anywhere. */
const prepare = (): void => {
  if (ready) return;
  const folder = dirname(require.resolve('@expo-google-fonts/noto-sans-sc/package.json'));
  const normal = join(folder, '400Regular', 'NotoSansSC_400Regular.ttf');
  const bold = join(folder, '700Bold', 'NotoSansSC_700Bold.ttf');
  pdfmake.setFonts({ [FONT]: { normal, bold } });
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy((path) => path === normal || path === bold);
  ready = true;
};

export const printPdf = (document: PdfDocument): Promise<Buffer> => {
  prepare();
  return pdfmake.createPdf({ ...document, defaultStyle: { font: FONT, fontSize: 9, lineHeight: 1.25 } }).getBuffer();
};
