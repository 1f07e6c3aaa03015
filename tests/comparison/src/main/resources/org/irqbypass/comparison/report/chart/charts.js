// Draws the charts of the page from the data that stands in it. Every chart has one row for each
// contender: a line with its name and what it comes to, and under it the graphic.
(() => {
  'use strict';

  const HEAD = 17; // the line with the name
  const GAP = 12; // between rows

  const count = d3.format(',');
  const times = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
  const micros = (us) =>
    us >= 9999.5 ? `${d3.format(',.1f')(us / 1000)} ms`
      : us >= 99.95 ? `${d3.format(',.0f')(us)} µs`
      : `${d3.format('.1f')(us)} µs`;
  const percent = (share) => {
    const shown = share * 100;
    if (shown === 0 || shown === 100) return `${shown} %`;
    if (shown < 0.1) return '< 0.1 %';
    if (shown > 99.9) return '> 99.9 %';
    return `${d3.format(shown < 10 || shown > 90 ? '.1f' : '.0f')(shown)} %`;
  };

  /** A row's group with its name on the left and what it comes to on the right. */
  const head = (svg, width, y, row, said, warns) => {
    const group = svg.append('g').attr('transform', `translate(0,${y})`);
    group.append('text').attr('class', 'c-name').attr('y', 11).text(row.contender);
    group.append('text').attr('class', warns ? 'c-warning' : 'c-soft').attr('y', 11).attr('x', width)
      .attr('text-anchor', 'end').text(said);
    return group.append('g').attr('transform', `translate(0,${HEAD})`);
  };

  const rect = (group, kind, x, y, width, height, said) => {
    const drawn = group.append('rect').attr('class', `c-${kind}`).attr('x', x).attr('y', y)
      .attr('width', Math.max(0, width)).attr('height', Math.max(0, height));
    if (said) drawn.append('title').text(said);
    return drawn;
  };

  const timeAxis = (svg, scale, y, width, ticks) => {
    const group = svg.append('g').attr('class', 'c-axis').attr('transform', `translate(0,${y})`);
    group.append('line').attr('x2', width);
    for (const tick of ticks) {
      const x = scale(tick);
      group.append('line').attr('x1', x).attr('x2', x).attr('y2', 4);
      group.append('text').attr('class', 'c-tick').attr('x', x).attr('y', 16)
        .attr('text-anchor', x < 16 ? 'start' : x > width - 24 ? 'end' : 'middle')
        .text(tick === 0 ? '0' : tick >= 1000 ? `${count(tick / 1000)} ms` : `${d3.format('~g')(tick)} µs`);
    }
    return y + 20;
  };

  /** What each kind draws; returns the height it took. */
  const kinds = {
    calls: {
      keys: [['own', 'in any case'], ['added', 'only for forwarding']],
      heads: ['contender', 'calls', 'only for forwarding', 'refused with EAGAIN'],
      cells: (row) => [row.contender, row.own + row.added, row.added, row.eagain],
      draw(svg, data, width) {
        const x = d3.scaleLinear([0, d3.max(data.rows, (row) => row.own + row.added) || 1], [0, width]);
        let y = 0;
        for (const row of data.rows) {
          const said = times(row.own + row.added, 'call')
            + (row.added ? `, ${count(row.added)} only for forwarding` : '');
          const group = head(svg, width, y, row, said);
          rect(group, 'own', 0, 0, x(row.own), 13, times(row.own, 'call') + ' in any case');
          rect(group, 'added', x(row.own) + 1, 0, x(row.added) - 1, 13,
            times(row.added, 'call') + ' only for forwarding');
          y += HEAD + 13 + GAP;
        }
        return y - GAP;
      },
    },

    path: {
      keys: [['bypassed', 'past the host'], ['software', 'through the host'], ['unheard', 'nobody listened']],
      heads: ['contender', 'raised', 'bypassed', 'misdirected'],
      cells: (row) => [row.contender, row.raised, row.bypassed, row.misdirected],
      draw(svg, data, width) {
        const tall = 30;
        const x = d3.scaleLinear([0, data.end], [0, width]);
        const high = d3.max(data.rows, (row) => d3.max(row.bins, (bin) => d3.sum(bin))) || 1;
        const h = d3.scaleLinear([0, high], [0, tall]);
        let y = 0;
        for (const row of data.rows) {
          const said = `${count(row.bypassed)} of ${count(row.raised)} bypassed`
            + (row.misdirected ? `, ${count(row.misdirected)} misdirected` : '');
          const group = head(svg, width, y, row, said, row.misdirected > 0);
          group.append('line').attr('class', 'c-base').attr('x2', width).attr('y1', tall).attr('y2', tall);
          const each = width / row.bins.length;
          row.bins.forEach((bin, i) => {
            let top = tall;
            ['bypassed', 'software', 'unheard'].forEach((kind, k) => {
              if (bin[k] > 0) {
                const size = Math.max(2, h(bin[k]));
                top -= size;
                rect(group, kind, i * each + 0.5, top, each - 1, size, `${times(bin[k], 'interrupt')} `
                  + ['past the host', 'through the host', 'with nobody listening'][k]);
              }
            });
          });
          y += HEAD + tall + GAP;
        }
        return timeAxis(svg, x, y - GAP + 4, width, x.ticks(Math.max(2, Math.floor(width / 90))));
      },
    },

    windows: {
      keys: [['software', 'through the host, although it could be bypassed']],
      heads: ['contender', 'interrupt', 'from', 'to', 'interrupts raised in it', 'then in force'],
      table: (data) => data.rows.flatMap((row) => row.windows.map((each) => [
        row.contender, each.interrupt, micros(each.from), micros(each.to), each.raised,
        each.closed ? 'yes' : 'no'])),
      draw(svg, data, width) {
        const lane = 15;
        const x = d3.scaleLinear([0, data.end], [0, width]);
        let y = 0;
        for (const row of data.rows) {
          const windows = row.windows.length + row.more;
          const said = windows
            ? `longest ${micros(row.longest)}, ${row.raised ? times(row.raised, 'interrupt') : 'no interrupt'} in `
              + (windows === 1 ? 'it' : `the ${windows}`)
            : 'none';
          const group = head(svg, width, y, row, said);
          const names = new Map();
          for (const each of row.windows) {
            if (!names.has(each.interrupt)) names.set(each.interrupt, names.size);
          }
          const lanes = Math.max(1, names.size);
          for (let i = 0; i < lanes; i++) {
            rect(group, 'track', 0, i * lane + 3, width, 7);
          }
          const ends = new Map(); // of each lane: where its first bar begins and its last one ends
          for (const each of row.windows) {
            const top = names.get(each.interrupt) * lane + 3;
            const from = x(each.from);
            const to = Math.max(x(each.to), from + 2);
            rect(group, 'software', from, top, to - from, 7,
              `${each.interrupt}: ${micros(each.to - each.from)}, ${times(each.raised, 'interrupt')}`);
            if (each.closed) {
              group.append('circle').attr('class', 'c-bypassed').attr('cx', to).attr('cy', top + 3.5).attr('r', 4.5);
            }
            const known = ends.get(each.interrupt);
            ends.set(each.interrupt, { first: known ? known.first : from, last: to, top });
          }
          for (const [interrupt, { first, last, top }] of ends) {
            const long = interrupt.length * 6.6 + 10;
            if (first > long || last + long < width) {
              const before = last + long >= width;
              group.append('text').attr('class', 'c-tick').attr('y', top + 7.5)
                .attr('x', before ? first - 6 : last + 9).attr('text-anchor', before ? 'end' : 'start')
                .text(interrupt);
            }
          }
          let tall = lanes * lane;
          if (row.more) {
            group.append('text').attr('class', 'c-tick').attr('y', tall + 10).text(`and ${row.more} shorter`);
            tall += 14;
          }
          y += HEAD + tall + GAP;
        }
        return timeAxis(svg, x, y - GAP + 4, width, x.ticks(Math.max(2, Math.floor(width / 90))));
      },
    },

    latency: {
      keys: [],
      heads: ['contender', 'taken', 'median', '99 %', 'longest'],
      cells: (row) => [row.contender, row.deliveries, micros(row.median), micros(row.p99), micros(row.max)],
      draw(svg, data, width) {
        const tall = 30;
        const bins = data.rows.flatMap((row) => row.bins);
        const lowest = d3.min(bins, (bin) => bin[0]);
        const highest = d3.max(bins, (bin) => bin[1]);
        const pad = Math.sqrt(Math.max(1, 10 / (highest / lowest))); // at least a factor of ten
        const x = d3.scaleLog([lowest / pad, highest * pad], [0, width]);
        const h = d3.scaleLinear([0, d3.max(bins, (bin) => bin[2])], [0, tall]);
        let y = 0;
        for (const row of data.rows) {
          const said = row.deliveries
            ? `median ${micros(row.median)}, 99 % within ${micros(row.p99)}` : 'took none';
          const group = head(svg, width, y, row, said);
          group.append('line').attr('class', 'c-base').attr('x2', width).attr('y1', tall).attr('y2', tall);
          for (const [from, to, number] of row.bins) {
            const size = Math.max(2, h(number));
            rect(group, 'own', x(from) + 0.5, tall - size, x(to) - x(from) - 1, size,
              `${times(number, 'interrupt')} from ${micros(from)} to ${micros(to)}`);
          }
          if (row.deliveries) {
            const at = Math.min(Math.max(x(row.median), 0), width);
            group.append('line').attr('class', 'c-mark').attr('x1', at).attr('x2', at)
              .attr('y1', -2).attr('y2', tall + 4);
          }
          y += HEAD + tall + GAP;
        }
        const [least, most] = x.domain();
        const ticks = x.ticks().filter((tick) => /^[125]/.test(String(tick).replace(/[0.]/g, '')));
        const room = Math.max(2, Math.floor(width / 60));
        const kept = ticks.length > room
          ? ticks.filter((tick) => Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6)) : ticks;
        return timeAxis(svg, x, y - GAP + 4, width, kept.filter((tick) => tick >= least && tick <= most));
      },
    },

    endings: {
      keys: [['bypassed', 'all bypassed that can be'], ['partly', 'some of it'], ['software', 'none']],
      heads: ['contender', 'orders', 'all bypassed', 'some', 'none', 'a call failed', 'failed untold', 'tried again'],
      cells: (row) => [row.contender, row.orders, percent(row.fully), percent(row.partly), percent(row.not),
        percent(row.errors), percent(row.untold), percent(row.retried)],
      draw(svg, data, width) {
        const x = d3.scaleLinear([0, 1], [0, width]);
        const aside = 158;
        const small = d3.scaleLinear([0, 1], [0, Math.max(40, width - aside - 56)]);
        let y = 0;
        for (const row of data.rows) {
          const orders = `${row.complete ? 'all ' : ''}${row.orders} ${row.orders === '1' ? 'order' : 'orders'}`;
          const group = head(svg, width, y, row, `${percent(row.fully)} of ${orders}`);
          let from = 0;
          for (const [kind, share, what] of [['bypassed', row.fully, 'all bypassed'],
            ['partly', row.partly, 'some bypassed'], ['software', row.not, 'none bypassed']]) {
            if (share > 0) {
              rect(group, kind, x(from), 0, Math.max(1.5, x(share) - 1), 16, `${percent(share)}: ${what}`);
            }
            from += share;
          }
          let top = 23;
          for (const [what, share, kind] of [['userspace saw an error', row.errors, 'own'],
            ['a failure stayed untold', row.untold, 'refused'], ['refused and tried again', row.retried, 'own']]) {
            group.append('text').attr('class', 'c-tick').attr('y', top + 8).text(what);
            rect(group, 'track', aside, top + 1.5, small(1), 6);
            rect(group, kind, aside, top + 1.5, share > 0 ? Math.max(1.5, small(share)) : 0, 6);
            group.append('text').attr('class', share > 0 && kind === 'refused' ? 'c-alarm c-tick' : 'c-tick')
              .attr('x', width).attr('y', top + 8).attr('text-anchor', 'end').text(percent(share));
            top += 15;
          }
          y += HEAD + top + GAP + 4;
        }
        return y - GAP - 4;
      },
    },
  };

  const keys = (figure, kind) => {
    const list = figure.append('ul').attr('class', 'keys');
    for (const [shape, what] of kind.keys) {
      const item = list.append('li');
      item.append('svg').attr('viewBox', '0 0 12 12').attr('aria-hidden', 'true')
        .append('rect').attr('class', `c-${shape}`).attr('width', 12).attr('height', 12);
      item.append('span').text(what);
    }
  };

  const numbers = (figure, kind, data) => {
    const details = figure.append('details');
    details.append('summary').text('The numbers');
    const table = details.append('div').append('table');
    table.append('thead').append('tr').selectAll('th').data(kind.heads).join('th')
      .attr('scope', 'col').text((heading) => heading);
    const rows = kind.table ? kind.table(data) : data.rows.map(kind.cells);
    table.append('tbody').selectAll('tr').data(rows).join('tr').each(function (cells) {
      cells.forEach((cell, i) => {
        const made = d3.select(this).append(i ? 'td' : 'th').text(cell);
        if (!i) made.attr('scope', 'row');
      });
    });
  };

  const begin = (element, index) => {
    const data = JSON.parse(element.querySelector('script').textContent);
    const kind = kinds[element.dataset.kind];
    const figure = d3.select(element);
    const caption = figure.append('figcaption');
    caption.append('b').text(data.title);
    caption.append('span').text(data.note);
    if (data.empty) {
      figure.append('p').attr('class', 'none').text(data.empty);
      return;
    }
    const svg = figure.append('svg').attr('role', 'img').attr('aria-labelledby', `chart-${index}`);
    if (kind.keys.length) keys(figure, kind);
    numbers(figure, kind, data);
    let drawn = 0;
    const draw = () => {
      const width = Math.floor(element.clientWidth);
      if (width === drawn || width < 40) return;
      drawn = width;
      svg.selectAll('*').remove();
      svg.append('title').attr('id', `chart-${index}`)
        .text(`${data.title}. ${data.note} Its numbers stand in the table below it.`);
      const height = Math.ceil(kind.draw(svg, data, width)) + 2;
      svg.attr('viewBox', `0 0 ${width} ${height}`);
    };
    draw();
    new ResizeObserver(draw).observe(element);
  };

  document.querySelectorAll('.chart[data-kind]').forEach(begin);
})();
