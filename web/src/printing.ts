/**
 * The map on paper: a picture of what is in view, as wide as the paper, with title and scale bar.
 *
 * A browser prints the screen's canvas, cut at the paper's edge. Here a picture takes its place
 * while the page is printed; `prepare` draws the map anew at the resolution of paper first.
 */

import type OlMap from 'ol/Map.js';
import {h} from './dom.ts';

const PAPER_PX = 2150; // 182 mm at 300 dots an inch
const MOST_RATIO = 6;

export class Printing {
  private paper: HTMLElement | null = null;

  constructor(
    private readonly map: OlMap,
    private readonly stage: HTMLElement,
    private readonly title: () => string,
  ) {
    window.addEventListener('beforeprint', () => this.draw());
    window.addEventListener('afterprint', () => this.restore());
  }

  /** Draw the map at the resolution of paper; the next print takes it. */
  async prepare(): Promise<void> {
    const [width] = this.map.getSize()!;
    const drawn = new Promise((resolve) => this.map.once('rendercomplete', resolve));
    this.map.setPixelRatio(Math.max(window.devicePixelRatio, Math.min(MOST_RATIO, PAPER_PX / width!)));
    this.map.render();
    await drawn;
    this.draw();
  }

  async print(): Promise<void> {
    await this.prepare();
    window.print();
  }

  private draw(): void {
    this.paper?.remove();
    this.paper = h('figure', {class: 'paper'}, h('figcaption', {}, this.title()), this.picture());
    this.stage.append(this.paper);
  }

  private restore(): void {
    this.paper?.remove();
    this.paper = null;
    this.map.setPixelRatio(window.devicePixelRatio);
  }

  /** All canvases of the map on one, as OpenLayers lays them over each other. */
  private picture(): HTMLCanvasElement {
    const [width, height] = this.map.getSize() as [number, number];
    const ratio = this.map.getPixelRatio()!;
    const whole = h('canvas', {width: Math.round(width * ratio), height: Math.round(height * ratio), role: 'img', 'aria-label': this.title()});
    const context = whole.getContext('2d')!;
    for (const canvas of this.map.getViewport()!.querySelectorAll<HTMLCanvasElement>('.ol-layer canvas, canvas.ol-layer')) {
      if (canvas.width === 0) continue;
      const opacity = canvas.parentElement!.style.opacity || canvas.style.opacity;
      context.globalAlpha = opacity === '' ? 1 : Number(opacity);
      // OpenLayers scales a canvas of device pixels down to the screen by its transform.
      const {a, b, c, d, e, f} = new DOMMatrix(canvas.style.transform);
      context.setTransform(a * ratio, b * ratio, c * ratio, d * ratio, e * ratio, f * ratio);
      context.drawImage(canvas, 0, 0);
    }
    context.globalAlpha = 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.scaleBar(context, height);
    return whole;
  }

  private scaleBar(context: CanvasRenderingContext2D, height: number): void {
    const bar = this.map.getViewport()!.querySelector<HTMLElement>('.ol-scale-line-inner');
    if (bar === null) return;
    const [left, bottom, width] = [12, height - 12, bar.clientWidth];
    context.fillStyle = 'rgba(255, 255, 255, 0.9)';
    context.fillRect(left - 6, bottom - 22, width + 12, 28);
    context.strokeStyle = context.fillStyle = '#1f2933';
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(left, bottom - 6);
    context.lineTo(left, bottom);
    context.lineTo(left + width, bottom);
    context.lineTo(left + width, bottom - 6);
    context.stroke();
    context.font = '12px system-ui, sans-serif';
    context.textAlign = 'center';
    context.fillText(bar.textContent ?? '', left + width / 2, bottom - 8);
  }
}
