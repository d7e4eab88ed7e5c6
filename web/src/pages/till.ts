import { customElement } from 'lit/decorators.js';
import { Part } from '../parts/part';
@customElement('feira-till')
export class TillPage extends Part {}
