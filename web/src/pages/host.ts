import { customElement } from 'lit/decorators.js';
import { Part } from '../parts/part';
@customElement('feira-host')
export class HostPage extends Part {}
