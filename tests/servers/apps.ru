# SPDX-License-Identifier: MIT
#
# Applications for tests, in Rails' Action Pack: WIRE304_APPS names a JSON list of {port, root, code},
# and Puma listens at all the ports. `code` is the body of a controller, whose action is `show`, with
# its own `use` of Rack's middleware.
require "json"
require "logger"
require "action_controller"
require "action_view"
require "rack/mock"

ActionDispatch::Flash # what it adds to requests, tags are made of as well

BODY = "var v = 'a value';\n" * 400

class Record < Struct.new(:updated_at)
  def cache_key_with_version
    "records/1-#{updated_at.to_i}"
  end
  alias cache_key cache_key_with_version
end

class Page < ActionController::Base
  self.logger = Logger.new(nil)

  def record
    @record ||= Record.new(Time.utc(2026, 4, 1, 9))
  end

  private

  def render_page
    render body: BODY, content_type: "application/javascript"
  end
end

PAGES = JSON.parse(File.read(ENV.fetch("WIRE304_APPS"))).to_h do |place|
  page = Class.new(Page) do
    define_singleton_method(:name) { "PageController" }
    class_eval(place["code"])
  end
  [place["port"], page.action(:show)]
end

# What is loaded at first use is loaded before eight threads want it at once.
[AbstractController, ActionController, ActionDispatch, ActionView].each(&:eager_load!)
PAGES.each_value { |page| Rack::MockRequest.new(page).get("/app.js", "HTTP_IF_NONE_MATCH" => '"none"') }

# SERVER_PORT is what Host says.
run ->(env) { PAGES.fetch(env["puma.socket"].local_address.ip_port).call(env) }
