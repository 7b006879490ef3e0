// A light touch of Markdown: code stands out, marks stay. Tokens remain what they are, cut where a mark begins or ends.

/** Where code, strong words and headings are: [{from, to, kind}], in order, without overlaps. */
function regionsOf(text) {
  const regions = [];
  let at = 0;
  let fence = null;
  for (const line of text.split(/(?<=\n)/)) {
    const mark = /^ {0,3}(```+|~~~+)/.exec(line)?.[1];
    if (fence) {
      regions.at(-1).to = at + line.length;
      if (mark?.startsWith(fence)) fence = null;
    } else if (mark) {
      fence = mark;
      regions.push({from: at, to: at + line.length, kind: 'block'});
    } else if (/^#{1,6} /.test(line)) {
      regions.push({from: at, to: at + line.length, kind: 'head'});
    } else {
      for (const found of line.matchAll(/(`+)[^`\n]+\1|\*\*[^*\s](?:[^*\n]*[^*\s])?\*\*/g)) {
        regions.push({from: at + found.index, to: at + found.index + found[0].length, kind: found[0][0] === '`' ? 'code' : 'strong'});
      }
    }
    at += line.length;
  }
  return regions;
}

/** As appendTokens, with the regions of the whole text. */
function appendFormatted(element, pieces, depths) {
  let at = 0;
  let place = element;
  let rest = regionsOf(pieces.join(''));
  let region = null;
  for (let i = 0; i < pieces.length; i++) {
    let piece = pieces[i];
    do {
      if (region && at >= region.to) {
        region = null;
        element.silent = place.silent;
        place = element;
      }
      if (!region && rest.length > 0 && at >= rest[0].from) {
        region = rest.shift();
        place = make(region.kind === 'strong' ? 'strong' : region.kind === 'head' ? 'span' : 'code', {class: region.kind});
        place.silent = element.silent;
        if (region.kind === 'block') place.append(codeCopier(place));
        element.append(place);
      }
      const border = region ? region.to : rest[0]?.from ?? Infinity;
      const part = piece.slice(0, border - at);
      appendTokens(place, [part], [depths[i]]);
      piece = piece.slice(part.length);
      at += part.length;
    } while (piece !== '');
  }
}

/** Copies what stands between the marks of a block. */
function codeCopier(block) {
  return button('copy', 'Copy this code', () => {
    const lines = [...block.querySelectorAll('.t')].map(token => token.textContent).join('').split('\n');
    const ended = /^ {0,3}(```|~~~)/.test(lines.at(-1) || lines.at(-2) || '');
    copy(lines.slice(1, ended ? (lines.at(-1) === '' ? -2 : -1) : undefined).join('\n'));
  }, 'quiet code-copy');
}
